package dev.tomte.home.origin;

/**
 * What was found before a request was carried out that must not be carried out twice. If this JVM was killed before the
 * answer was written down, the difference between this and what is found then tells whether it was carried out.
 *
 * @param device of the object that the name stood for; 0 if it did not exist
 * @param inode likewise
 * @param size of the file that was appended to
 */
record Intent(long device, long inode, long size) {
    static final Intent ABSENT = new Intent(0, 0, 0);

    boolean existed() {
        return inode != 0;
    }
}
