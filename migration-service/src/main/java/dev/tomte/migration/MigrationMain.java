package dev.tomte.migration;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/** Starts one replica; its settings are {@link MigrationSettings}. */
@SpringBootApplication
public class MigrationMain {
    public static void main(String[] args) {
        SpringApplication.run(MigrationMain.class, args);
    }
}
