/** Holds args[0] MiB of live heap in small objects, says so, and goes on making garbage. */
public final class Hold {
    private static byte[][] live;

    public static void main(String[] args) throws InterruptedException {
        int count = Integer.parseInt(args[0]) * 256;
        live = new byte[count][];
        for (int i = 0; i < count; i++) live[i] = new byte[4096 - 16];
        System.out.println("ready");
        for (int i = 0; ; i = (i + 1) % count) {
            live[i] = new byte[4096 - 16];
            live[i][7] = (byte) i;
            Thread.sleep(1);
        }
    }
}
