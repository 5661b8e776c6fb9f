@org.jspecify.annotations.NullMarked
package dev.tomte.mig;
