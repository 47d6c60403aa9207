package main

import (
	"context"
	"fmt"
	"os"

	chatv1 "example.com/you/gen/parlance/chat/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

func main() {
	conn, _ := grpc.NewClient(os.Getenv("PARLANCE_ADDRESS"), grpc.WithTransportCredentials(insecure.NewCredentials()))
	client := chatv1.NewChatServiceClient(conn)
	answer, err := client.Complete(context.Background(), &chatv1.CompleteRequest{Model: "sim/echo", Text: "Hello!"})
	fmt.Println(answer.GetText(), err)
}
