//! Talks to the gateway with tonic.

use std::time::Duration;

use prost::Message as _;
use tonic::{transport::Endpoint, Request, Status};
use tonic_health::pb::{health_client::HealthClient, HealthCheckRequest};

#[allow(clippy::all)]
mod contract {
    tonic::include_proto!("parlance");
}
use contract::parlance::chat::v1::{
    chat_service_client::ChatServiceClient, event::Event, Chat, CompleteRequest, Message, Role,
    StreamCompleteRequest,
};
use contract::parlance::error::v1::Fault;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Channel::balance_list takes several endpoints and goes round them.
    let address = format!("http://{}", std::env::var("PARLANCE_ADDRESS")?);
    let channel = Endpoint::from_shared(address)?.connect().await?;
    // Answers may be larger than the 4 MB that tonic takes by default. For a key: with_interceptor,
    // which adds "authorization" to the metadata.
    let mut client = ChatServiceClient::new(channel.clone()).max_decoding_message_size(64 << 20);

    let hello = CompleteRequest {
        model: "sim/echo".into(),
        text: "Hello!".into(),
        ..Default::default()
    };
    println!("{}", client.complete(within(hello.clone())).await?.into_inner().text);

    let message = Message {
        role: Role::User.into(),
        text: "Hello as a stream".into(),
        ..Default::default()
    };
    let chat = Chat {
        model: "sim/echo".into(),
        messages: vec![message],
        ..Default::default()
    };
    let request = StreamCompleteRequest {
        chat: Some(chat),
        ..Default::default()
    };
    let mut stream = client.stream_complete(within(request)).await?.into_inner();
    while let Some(step) = stream.message().await? {
        if let Some(Event::TextDelta(delta)) = step.event.and_then(|event| event.event) {
            print!("{}", delta.text);
        }
    }
    println!();

    let refused = CompleteRequest {
        model: "sim/error-429".into(),
        ..hello
    };
    if let Err(status) = client.complete(within(refused)).await {
        for fault in faults(&status)? {
            let reason = fault.reason().as_str_name();
            println!("refused: {reason} retryable: {}", fault.retryable);
        }
    }

    let mut health = HealthClient::new(channel);
    let answer = health.check(within(HealthCheckRequest::default())).await?;
    println!("health: {}", answer.into_inner().status().as_str_name());
    Ok(())
}

/// The deadline goes to the gateway and to the vendor.
fn within<T>(message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.set_timeout(Duration::from_secs(60));
    request
}

/// What the gateway says of a failed call.
fn faults(status: &Status) -> Result<Vec<Fault>, prost::DecodeError> {
    let details = tonic_types::pb::Status::decode(status.details())?.details;
    details
        .iter()
        .filter(|detail| detail.type_url.ends_with("/parlance.error.v1.Fault"))
        .map(|detail| Fault::decode(detail.value.as_slice()))
        .collect()
}
