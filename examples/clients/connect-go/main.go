// Talks to the gateway with connect-go: over HTTP/1.1 or 2, through any proxy.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"time"

	"connectrpc.com/connect"

	chatv1 "example.com/you/gen/parlance/chat/v1"
	"example.com/you/gen/parlance/chat/v1/chatv1connect"
	errorv1 "example.com/you/gen/parlance/error/v1"
)

func main() {
	// connect.WithGRPC() speaks gRPC instead. There is no limit on answers unless one is set.
	client := chatv1connect.NewChatServiceClient(http.DefaultClient, "http://"+os.Getenv("PARLANCE_ADDRESS"))
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()

	answer, err := client.Complete(ctx, &chatv1.CompleteRequest{Model: "sim/echo", Text: "Hello!"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(answer.GetText())

	stream, err := client.StreamComplete(ctx, &chatv1.StreamCompleteRequest{Model: "sim/echo", Text: "Hello as a stream"})
	if err != nil {
		log.Fatal(err)
	}
	for stream.Receive() {
		fmt.Print(stream.Msg().GetEvent().GetTextDelta().GetText())
	}
	if err := stream.Err(); err != nil {
		log.Fatal(err)
	}
	fmt.Println()

	_, err = client.Complete(ctx, &chatv1.CompleteRequest{Model: "sim/error-429", Text: "Hello!"})
	var failure *connect.Error
	if errors.As(err, &failure) {
		for _, detail := range failure.Details() {
			value, _ := detail.Value()
			if fault, ok := value.(*errorv1.Fault); ok {
				fmt.Println("refused:", fault.GetReason(), "retryable:", fault.GetRetryable())
			}
		}
	}
}
