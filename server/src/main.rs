use std::process::ExitCode;

/// A page is thousands of small pieces, made on several threads at once.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    ExitCode::from(guanhu_server::cli::run().await)
}
