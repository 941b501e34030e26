//! The backend itself.

use burn_backend::{DType, DTypeUsageSet};

use super::prelude::*;

table! { Backend;
    written {
        fn name(_device: &MpcDevice) -> String {
            format!("mpc<{}>", P::name(&P::Device::default()))
        }
        law |stage| {
            stage.start();
            assert!(!P::name(&stage.device).is_empty());
        };

        fn seed(_device: &MpcDevice, seed: u64) {
            P::seed(&P::Device::default(), seed);
        }
        law |stage| {
            stage.start();
            P::seed(&stage.device, 1);
        };

        fn sync(device: &MpcDevice) -> Result<(), ExecutionError> {
            P::sync(&P::Device::default())?;
            device.sync().map_err(read::session_failed)
        }
        law |stage| {
            stage.start();
            assert!(P::sync(&stage.device).is_ok());
        };

        fn memory_cleanup(_device: &MpcDevice) {
            P::memory_cleanup(&P::Device::default());
        }
        law |stage| {
            stage.start();
            P::memory_cleanup(&stage.device);
        };

        fn dtype_usage(_device: &MpcDevice, dtype: DType) -> DTypeUsageSet {
            P::dtype_usage(&P::Device::default(), dtype)
        }
        law |stage| {
            stage.start();
            assert!(!P::dtype_usage(&stage.device, DType::F32).is_empty());
        };

        fn device_count(_type_id: u16) -> usize {
            1
        }
        law |stage| {
            stage.start();
            assert_eq!(P::device_count(0), 1);
        };
    }
}
