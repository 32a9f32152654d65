//! The binary: hands over to the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    support_engineer::app::run(std::env::args_os())
}
