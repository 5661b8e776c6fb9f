package dev.tomte.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "dev.tomte", importOptions = ImportOption.DoNotIncludeTests.class)
class BoundariesTest {
    @ArchTest
    static final ArchRule theKernelKnowsNobody = noClasses()
            .that()
            .resideInAPackage("dev.tomte.linux..")
            .should()
            .dependOnClassesThat(inTomteBut("dev.tomte.linux"));

    @ArchTest
    static final ArchRule contractsKnowNobody = noClasses()
            .that()
            .resideInAPackage("dev.tomte.contracts..")
            .should()
            .dependOnClassesThat(inTomteBut("dev.tomte.contracts", "dev.tomte.wire"));

    @ArchTest
    static final ArchRule theStubsClientKnowsTheKernelOnly = noClasses()
            .that()
            .resideInAPackage("dev.tomte.stub..")
            .should()
            .dependOnClassesThat(inTomteBut("dev.tomte.stub", "dev.tomte.linux"));

    @ArchTest
    static final ArchRule theHomeProxyKnowsNoAgent = noClasses()
            .that()
            .resideInAPackage("dev.tomte.home..")
            .should()
            .dependOnClassesThat(inTomteBut(
                    "dev.tomte.home", "dev.tomte.contracts", "dev.tomte.wire", "dev.tomte.linux", "dev.tomte.stub"));

    @ArchTest
    static final ArchRule theIdleDetectorKnowsNoAgent = noClasses()
            .that()
            .resideInAPackage("dev.tomte.idle..")
            .should()
            .dependOnClassesThat(inTomteBut("dev.tomte.idle", "dev.tomte.contracts", "dev.tomte.linux"));

    @ArchTest
    static final ArchRule theMigrationServiceKnowsNoHost = noClasses()
            .that()
            .resideInAPackage("dev.tomte.migration..")
            .should()
            .dependOnClassesThat(inTomteBut("dev.tomte.migration", "dev.tomte.contracts", "dev.tomte.wire"));

    @ArchTest
    static final ArchRule migKnowsContractsOnly = noClasses()
            .that()
            .resideInAPackage("dev.tomte.mig..")
            .should()
            .dependOnClassesThat(inTomteBut("dev.tomte.mig", "dev.tomte.contracts"));

    @ArchTest
    static final ArchRule theProtocolOfAMoveKnowsNeitherPodsNorKafkaNorCriu = noClasses()
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
                    "io.grpc..");

    @ArchTest
    static final ArchRule namesSayWhatAThingIs = noClasses()
            .that()
            .resideOutsideOfPackage("dev.tomte.wire..")
            .should()
            .haveNameMatching(".*(Util|Utils|Helper|Helpers|Manager|Impl)");

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
