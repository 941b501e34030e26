//! `blockrelu`: profile, solve, finetune, report and plot from the command line.

use std::process::ExitCode;

fn main() -> ExitCode {
    blockrelu::main()
}
