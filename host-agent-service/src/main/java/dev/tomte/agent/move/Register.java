package dev.tomte.agent.move;

/** Who holds a process: what the home stub's memory says. Epochs only grow within one incarnation. */
public record Register(String incarnation, long epoch, String holder) {
    public boolean names(long epoch, String holder) {
        return this.epoch == epoch && this.holder.equals(holder);
    }

    @Override
    public String toString() {
        return "epoch " + epoch + " held by " + holder;
    }
}
