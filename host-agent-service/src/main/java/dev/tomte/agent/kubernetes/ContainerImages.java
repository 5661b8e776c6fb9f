package dev.tomte.agent.kubernetes;

import dev.tomte.agent.kubernetes.StubCommand.ImageStart;
import dev.tomte.contracts.Json;
import dev.tomte.wire.cri.ImageServiceGrpc;
import dev.tomte.wire.cri.ImageSpec;
import dev.tomte.wire.cri.ImageStatusRequest;
import dev.tomte.wire.cri.ImageStatusResponse;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.netty.channel.EventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.MultiThreadIoEventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.epoll.EpollDomainSocketChannel;
import io.grpc.netty.shaded.io.netty.channel.epoll.EpollIoHandler;
import io.grpc.netty.shaded.io.netty.channel.unix.DomainSocketAddress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.StreamSupport;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/** What the node's container runtime knows of its images (CRI, over its socket). */
final class ContainerImages {
    /** Where containerd and CRI-O listen by default. */
    private static final List<Path> SOCKETS =
            List.of(Path.of("run/containerd/containerd.sock"), Path.of("run/crio/crio.sock"));

    private static final int PATIENCE_SECONDS = 5;

    private final Path root;

    /** @param root of the node, as the agent sees it */
    ContainerImages(Path root) {
        this.root = root;
    }

    /** @param image as the status of a pod's container has it (imageID) */
    ImageStart start(String image) throws IOException {
        Path socket = SOCKETS.stream()
                .map(root::resolve)
                .filter(Files::exists)
                .findFirst()
                .orElseThrow(() -> new IOException("the container runtime listens at none of " + SOCKETS));
        EventLoopGroup threads = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        ManagedChannel channel = NettyChannelBuilder.forAddress(new DomainSocketAddress(socket.toFile()))
                .channelType(EpollDomainSocketChannel.class)
                .eventLoopGroup(threads)
                .usePlaintext()
                .build();
        try {
            ImageStatusResponse answer = ImageServiceGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(PATIENCE_SECONDS, TimeUnit.SECONDS)
                    .imageStatus(ImageStatusRequest.newBuilder()
                            .setImage(ImageSpec.newBuilder().setImage(image))
                            .setVerbose(true)
                            .build());
            return read(answer.getInfoOrDefault("info", "{}"));
        } catch (StatusRuntimeException | JacksonException e) {
            throw new IOException(
                    "the container runtime does not say what image " + image + " runs: " + e.getMessage(), e);
        } finally {
            channel.shutdownNow();
            var _ = threads.shutdownGracefully(0, 1, TimeUnit.SECONDS);
        }
    }

    /** @param info as the runtime gives it */
    static ImageStart read(String info) {
        JsonNode config = Json.mapper().readTree(info).at("/imageSpec/config");
        return new ImageStart(words(config.path("Entrypoint")), words(config.path("Cmd")));
    }

    private static List<String> words(JsonNode list) {
        return StreamSupport.stream(list.spliterator(), false)
                .map(JsonNode::asString)
                .toList();
    }
}
