package hello

import io.grpc.ManagedChannelBuilder
import io.grpc.StatusException
import io.grpc.health.v1.HealthCheckRequest
import io.grpc.health.v1.HealthGrpc
import io.grpc.protobuf.StatusProto
import java.util.concurrent.TimeUnit.MINUTES
import kotlinx.coroutines.runBlocking
import parlance.chat.v1.ChatServiceGrpcKt.ChatServiceCoroutineStub
import parlance.chat.v1.Role
import parlance.chat.v1.chat
import parlance.chat.v1.completeRequest
import parlance.chat.v1.copy
import parlance.chat.v1.message
import parlance.chat.v1.streamCompleteRequest
import parlance.error.v1.Fault

/** Talks to the gateway with grpc-kotlin. */
fun main() = runBlocking {
    val channel =
        ManagedChannelBuilder.forTarget("dns:///" + System.getenv("PARLANCE_ADDRESS"))
            .usePlaintext() // leave it out for TLS
            // Calls go round the addresses of the name, and only to those that say they serve.
            .defaultLoadBalancingPolicy("round_robin")
            .defaultServiceConfig(
                mapOf(
                    "healthCheckConfig" to mapOf("serviceName" to "parlance.chat.v1.ChatService")
                )
            )
            // Answers may be larger than the 4 MB that grpc-java takes by default.
            .maxInboundMessageSize(64 shl 20)
            .build()
    // The deadline goes to the gateway and to the vendor. For a key: pass a Metadata with
    // "authorization" to each call.
    val client = ChatServiceCoroutineStub(channel)

    val hello = completeRequest {
        model = "sim/echo"
        text = "Hello!"
    }
    println(client.withDeadlineAfter(1, MINUTES).complete(hello).text)

    val request = streamCompleteRequest {
        chat = chat {
            model = "sim/echo"
            messages += message {
                role = Role.ROLE_USER
                text = "Hello as a stream"
            }
        }
    }
    client.withDeadlineAfter(1, MINUTES).streamComplete(request).collect { step ->
        print(step.event.textDelta.text)
    }
    println()

    try {
        val refused = hello.copy { model = "sim/error-429" }
        client.withDeadlineAfter(1, MINUTES).complete(refused)
    } catch (error: StatusException) {
        for (detail in StatusProto.fromThrowable(error)?.detailsList.orEmpty()) {
            if (!detail.`is`(Fault::class.java)) continue
            val fault = detail.unpack(Fault::class.java)
            println("refused: ${fault.reason} retryable: ${fault.retryable}")
        }
    }

    val health = HealthGrpc.newBlockingStub(channel).withDeadlineAfter(1, MINUTES)
    println("health: ${health.check(HealthCheckRequest.getDefaultInstance()).status}")
    channel.shutdownNow()
    Unit
}
