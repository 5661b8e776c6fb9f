package dev.tomte.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class BoundariesTest {
    private static final JavaClasses TOMTE = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("dev.tomte");

    @Test
    void theKernelKnowsNobody() {
        noClasses()
                .that()
                .resideInAPackage("dev.tomte.linux..")
                .should()
                .dependOnClassesThat(inTomteBut("dev.tomte.linux"))
                .check(TOMTE);
    }

    @Test
    void contractsKnowNobody() {
        noClasses()
                .that()
                .resideInAPackage("dev.tomte.contracts..")
                .should()
                .dependOnClassesThat(inTomteBut("dev.tomte.contracts", "dev.tomte.wire"))
                .check(TOMTE);
    }

    @Test
    void theStubsClientKnowsTheKernelOnly() {
        noClasses()
                .that()
                .resideInAPackage("dev.tomte.stub..")
                .should()
                .dependOnClassesThat(inTomteBut("dev.tomte.stub", "dev.tomte.linux"))
                .check(TOMTE);
    }

    @Test
    void theHomeProxyKnowsNoAgent() {
        noClasses()
                .that()
                .resideInAPackage("dev.tomte.home..")
                .should()
                .dependOnClassesThat(inTomteBut(
                        "dev.tomte.home", "dev.tomte.contracts", "dev.tomte.wire", "dev.tomte.linux", "dev.tomte.stub"))
                .check(TOMTE);
    }

    @Test
    void theIdleDetectorKnowsNoAgent() {
        noClasses()
                .that()
                .resideInAPackage("dev.tomte.idle..")
                .should()
                .dependOnClassesThat(inTomteBut("dev.tomte.idle", "dev.tomte.contracts", "dev.tomte.linux"))
                .check(TOMTE);
    }

    @Test
    void theMigrationServiceKnowsNoHost() {
        noClasses()
                .that()
                .resideInAPackage("dev.tomte.migration..")
                .should()
                .dependOnClassesThat(inTomteBut(
                        "dev.tomte.bus",
                        "dev.tomte.migration",
                        "dev.tomte.contracts",
                        "dev.tomte.wire",
                        "dev.tomte.authority",
                        "dev.tomte.metrics"))
                .check(TOMTE);
    }

    @Test
    void metricsKnowContractsOnly() {
        noClasses()
                .that()
                .resideInAPackage("dev.tomte.metrics..")
                .should()
                .dependOnClassesThat(inTomteBut("dev.tomte.metrics", "dev.tomte.contracts"))
                .check(TOMTE);
    }

    @Test
    void theBusKnowsContractsOnly() {
        noClasses()
                .that()
                .resideInAPackage("dev.tomte.bus..")
                .should()
                .dependOnClassesThat(inTomteBut("dev.tomte.bus", "dev.tomte.contracts"))
                .check(TOMTE);
    }

    @Test
    void migKnowsContractsOnly() {
        noClasses()
                .that()
                .resideInAPackage("dev.tomte.mig..")
                .should()
                .dependOnClassesThat(inTomteBut("dev.tomte.mig", "dev.tomte.contracts"))
                .check(TOMTE);
    }

    @Test
    void imagesKnowNobody() {
        noClasses()
                .that()
                .resideInAPackage("dev.tomte.images..")
                .should()
                .dependOnClassesThat(inTomteBut("dev.tomte.images"))
                .check(TOMTE);
    }

    @Test
    void theProtocolOfAMoveKnowsNeitherPodsNorKafkaNorCriu() {
        noClasses()
                .that()
                .resideInAPackage("dev.tomte.agent.move..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "dev.tomte.agent.pod..",
                        "dev.tomte.agent.process..",
                        "dev.tomte.agent.bus..",
                        "dev.tomte.agent.criu..",
                        "dev.tomte.agent.peer..",
                        "org.apache.kafka..",
                        "io.grpc..")
                .check(TOMTE);
    }

    @Test
    void onlyADriverKnowsTheCluster() {
        noClasses()
                .that()
                .resideInAPackage("dev.tomte.agent.*..")
                .and()
                .resideOutsideOfPackage("dev.tomte.agent.kubernetes..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.fabric8..", "dev.tomte.agent.kubernetes..")
                .check(TOMTE);
    }

    @Test
    void theApiAsksWhatIsPermittedOfAccessOnly() {
        noClasses()
                .that()
                .resideInAnyPackage(
                        "dev.tomte.migration.rest..", "dev.tomte.migration.events..", "dev.tomte.migration.streams..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.fabric8..")
                .orShould()
                .dependOnClassesThat()
                .haveSimpleName("ClusterAccess")
                .check(TOMTE);
    }

    @Test
    void namesSayWhatAThingIs() {
        noClasses()
                .that()
                .resideOutsideOfPackage("dev.tomte.wire..")
                .should()
                .haveNameMatching(".*(Util|Utils|Helper|Helpers|Manager|Impl)")
                .check(TOMTE);
    }

    private static DescribedPredicate<JavaClass> inTomteBut(String... packages) {
        return new DescribedPredicate<>("are of another module") {
            @Override
            public boolean test(JavaClass type) {
                String name = type.getPackageName() + ".";
                if (!name.startsWith("dev.tomte.")) return false;
                for (String own : packages) if (name.startsWith(own + ".")) return false;
                return true;
            }
        };
    }
}
