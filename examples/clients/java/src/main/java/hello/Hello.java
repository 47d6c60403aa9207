package hello;

import com.google.protobuf.Any;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.protobuf.StatusProto;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import parlance.chat.v1.Chat;
import parlance.chat.v1.ChatServiceGrpc;
import parlance.chat.v1.CompleteRequest;
import parlance.chat.v1.Message;
import parlance.chat.v1.Role;
import parlance.chat.v1.StreamCompleteRequest;
import parlance.error.v1.Fault;

/** Talks to the gateway with grpc-java. */
public final class Hello {
  public static void main(String[] args) throws Exception {
    ManagedChannel channel =
        ManagedChannelBuilder.forTarget("dns:///" + System.getenv("PARLANCE_ADDRESS"))
            .usePlaintext() // leave it out for TLS
            // Calls go round the addresses of the name, and only to those that say they serve.
            .defaultLoadBalancingPolicy("round_robin")
            .defaultServiceConfig(
                Map.of(
                    "healthCheckConfig",
                    Map.of("serviceName", "parlance.chat.v1.ChatService")))
            // Answers may be larger than the 4 MB that grpc-java takes by default.
            .maxInboundMessageSize(64 << 20)
            .build();
    // The deadline goes to the gateway and to the vendor. For a key:
    // .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(metadata)), "authorization" in it
    var stub = ChatServiceGrpc.newBlockingStub(channel).withDeadlineAfter(1, TimeUnit.MINUTES);

    var request = CompleteRequest.newBuilder().setModel("sim/echo").setText("Hello!").build();
    System.out.println(stub.complete(request).getText());

    var message = Message.newBuilder().setRole(Role.ROLE_USER).setText("Hello as a stream");
    var chat = Chat.newBuilder().setModel("sim/echo").addMessages(message);
    stub.streamComplete(StreamCompleteRequest.newBuilder().setChat(chat).build())
        .forEachRemaining(step -> System.out.print(step.getEvent().getTextDelta().getText()));
    System.out.println();

    try {
      stub.complete(request.toBuilder().setModel("sim/error-429").build());
    } catch (StatusRuntimeException error) {
      for (Any detail : StatusProto.fromThrowable(error).getDetailsList()) {
        if (detail.is(Fault.class)) {
          Fault fault = detail.unpack(Fault.class);
          System.out.println(
              "refused: " + fault.getReason() + " retryable: " + fault.getRetryable());
        }
      }
    }

    var health = HealthGrpc.newBlockingStub(channel).withDeadlineAfter(1, TimeUnit.MINUTES);
    System.out.println("health: " + health.check(HealthCheckRequest.getDefaultInstance()).getStatus());
    channel.shutdownNow();
  }
}
