//! Cosines of embeddings, and who is near whom.

/// The cosine of the angle between two vectors.
pub fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let dot = |a: &[f32], b: &[f32]| -> f64 {
        let pairs = a.iter().zip(b);
        pairs.map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
    };
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

/// The cosines of all pairs.
pub fn cosines(embeddings: &[Vec<f32>]) -> Vec<Vec<f64>> {
    let row = |a: &Vec<f32>| embeddings.iter().map(|b| cosine(a, b)).collect();
    embeddings.iter().map(row).collect()
}

/// The others, nearest first.
pub fn neighbours(cosines: &[f64], own: usize) -> Vec<usize> {
    let mut others: Vec<usize> = (0..cosines.len()).filter(|&other| other != own).collect();
    others.sort_by(|&a, &b| cosines[b].total_cmp(&cosines[a]));
    others
}
