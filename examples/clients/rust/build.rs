// Compiles the contract without protoc. PROTOS is the folder that it was unpacked to.
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let protos = std::env::var("PROTOS")?;
    let files = ["parlance/chat/v1/chat_service.proto", "parlance/error/v1/fault.proto"];
    let compiled = protox::compile(files, [protos])?;
    tonic_prost_build::configure()
        .include_file("parlance.rs")
        .build_server(false)
        .compile_fds(compiled)?;
    Ok(())
}
