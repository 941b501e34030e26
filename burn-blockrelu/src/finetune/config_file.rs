//! Settings of a run as text and as files, which may start from a preset.

use std::path::Path;

use serde_json::Value;

use super::{ConfigError, FinetuneConfig, Preset};

fn unreadable(error: impl ToString) -> ConfigError {
    let reason = error.to_string().trim().to_owned();
    ConfigError::Parse { reason }
}

impl FinetuneConfig {
    /// Reads a `.toml` or `.json` file; see [`FinetuneConfig::from_toml`].
    ///
    /// # Errors
    ///
    /// [`ConfigError`], naming the file and the key.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let parse = match path.extension().and_then(|extension| extension.to_str()) {
            Some("toml") => Self::from_toml,
            Some("json") => Self::from_json,
            _ => return Err(ConfigError::Kind { path: path.into() }),
        };
        let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Read {
            path: path.into(),
            source,
        })?;
        parse(&text).map_err(|error| ConfigError::InFile {
            path: path.into(),
            error: Box::new(error),
        })
    }

    /// Settings in TOML. With a key `preset` they start from that [`Preset`], and the other keys
    /// change it: tables are merged key by key, except that a table with a key `kind` replaces the
    /// preset's.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Parse`] and [`ConfigError::Value`].
    pub fn from_toml(text: &str) -> Result<Self, ConfigError> {
        Self::from_value(toml::from_str(text).map_err(unreadable)?)
    }

    /// Settings in JSON, with the same rules for `preset` as [`FinetuneConfig::from_toml`].
    ///
    /// # Errors
    ///
    /// [`ConfigError::Parse`] and [`ConfigError::Value`].
    pub fn from_json(text: &str) -> Result<Self, ConfigError> {
        Self::from_value(serde_json::from_str(text).map_err(unreadable)?)
    }

    fn from_value(mut value: Value) -> Result<Self, ConfigError> {
        let preset = value.as_object_mut().and_then(|keys| keys.remove("preset"));
        if let Some(name) = preset {
            let preset: Preset = name
                .as_str()
                .ok_or_else(|| unreadable("`preset` is no text"))?
                .parse()
                .map_err(unreadable)?;
            let mut base = serde_json::to_value(preset.config()).map_err(unreadable)?;
            merge(&mut base, value);
            value = base;
        }
        let config: Self = serde_json::from_value(value).map_err(unreadable)?;
        config.validate()?;
        Ok(config)
    }

    /// The settings as TOML.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Parse`] for numbers that TOML cannot express; [`FinetuneConfig::validate`]
    /// refuses them too.
    pub fn to_toml(&self) -> Result<String, ConfigError> {
        toml::to_string(self).map_err(unreadable)
    }
}

/// Merges the keys of `change` into `base`; a table with a key `kind` replaces the old one whole.
fn merge(base: &mut Value, change: Value) {
    match (base, change) {
        (Value::Object(base), Value::Object(change)) => {
            for (key, value) in change {
                let whole = value.get("kind").is_some();
                match base.get_mut(&key) {
                    Some(old) if !whole => merge(old, value),
                    _ => drop(base.insert(key, value)),
                }
            }
        }
        (base, change) => *base = change,
    }
}
