//! Arguments to run to exit status; the only place that exits.

use std::process::ExitCode;

/// Syntax trees are many small blocks, at which the system's allocator is slow. The C of tree-sitter asks this one as well.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // What the run leaves behind is dropped on this thread too, and that takes stack.
    let run = || sqlmoat::cli::run(std::env::args_os());
    let thread =
        std::thread::Builder::new().name("main".to_owned()).stack_size(sqlmoat::check::STACK).spawn(run);
    match thread.map(std::thread::JoinHandle::join) {
        Ok(Ok(status)) => ExitCode::from(status),
        // A panic has said what it has to say.
        Ok(Err(_)) | Err(_) => ExitCode::from(2),
    }
}
