// Talks to the gateway with grpc-go.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	_ "google.golang.org/grpc/health" // the client side of health checks
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	chatv1 "example.com/you/gen/parlance/chat/v1"
	errorv1 "example.com/you/gen/parlance/error/v1"
)

// Calls go round the addresses that the name resolves to, and only to those that say they serve.
const config = `{
  "loadBalancingConfig": [{"round_robin": {}}],
  "healthCheckConfig": {"serviceName": "parlance.chat.v1.ChatService"}
}`

func main() {
	conn, err := grpc.NewClient("dns:///"+os.Getenv("PARLANCE_ADDRESS"),
		grpc.WithTransportCredentials(insecure.NewCredentials()), // credentials.NewTLS(nil) for TLS
		grpc.WithDefaultServiceConfig(config),
		// Answers may be larger than the 4 MB that grpc-go takes by default.
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(64<<20)),
	)
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()
	client := chatv1.NewChatServiceClient(conn)
	// The deadline goes to the gateway and to the vendor. For a key:
	// ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+key)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()

	answer, err := client.Complete(ctx, &chatv1.CompleteRequest{Model: "sim/echo", Text: "Hello!"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(answer.GetText())

	chat := &chatv1.Chat{Model: "sim/echo", Messages: []*chatv1.Message{
		{Role: chatv1.Role_ROLE_USER, Text: "Hello as a stream"},
	}}
	stream, err := client.StreamComplete(ctx, &chatv1.StreamCompleteRequest{Chat: chat})
	if err != nil {
		log.Fatal(err)
	}
	for {
		step, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			log.Fatal(err)
		}
		fmt.Print(step.GetEvent().GetTextDelta().GetText())
	}
	fmt.Println()

	_, err = client.Complete(ctx, &chatv1.CompleteRequest{Model: "sim/error-429", Text: "Hello!"})
	for _, detail := range status.Convert(err).Details() {
		if fault, ok := detail.(*errorv1.Fault); ok {
			fmt.Println("refused:", fault.GetReason(), "retryable:", fault.GetRetryable())
		}
	}

	health, err := healthv1.NewHealthClient(conn).Check(ctx, &healthv1.HealthCheckRequest{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("health:", health.GetStatus())
}
