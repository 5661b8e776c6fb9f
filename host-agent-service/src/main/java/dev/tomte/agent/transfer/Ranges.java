package dev.tomte.agent.transfer;

import java.util.ArrayList;
import java.util.List;

/** Sorted ranges of addresses, asked for ascending ones. One thread. */
final class Ranges {
    private final List<PageMapImage.Entry> all;
    /** All before it end before what is asked for. */
    private int next;

    Ranges(List<PageMapImage.Entry> all) {
        this.all = all;
    }

    /** Whether one of them has the page at that address. */
    boolean has(long address) {
        skipTo(address);
        return next < all.size() && all.get(next).from() <= address;
    }

    /** The parts of them that are within these addresses. */
    List<PageMapImage.Entry> within(long from, long to) {
        List<PageMapImage.Entry> within = new ArrayList<>();
        skipTo(from);
        for (int at = next; at < all.size() && all.get(at).from() < to; at++) {
            PageMapImage.Entry one = all.get(at);
            within.add(new PageMapImage.Entry(Math.max(from, one.from()), Math.min(to, one.to()), one.flags()));
        }
        return within;
    }

    private void skipTo(long address) {
        while (next < all.size() && all.get(next).to() <= address) next++;
    }
}
