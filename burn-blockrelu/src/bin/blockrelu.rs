//! `blockrelu`: profile, solve, finetune, report and plot from the command line.

fn main() {}
