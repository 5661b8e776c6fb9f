package dev.tomte.contracts;

import java.security.cert.X509Certificate;
import java.util.Locale;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;

/**
 * Who a certificate speaks for.
 *
 * @param name its subject's CN: a host's name, for a host
 * @param role its subject's OU
 */
public record Peer(String name, Role role) {
    public enum Role {
        HOST,
        MIGRATION,
        MIG,
        BROKER,
        /** Reads metrics; no service lets it do anything else. */
        MONITOR,
        /** A certificate of the authority that names no role known here; may do nothing. */
        UNKNOWN;

        /** As the OU spells it. */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    public static Peer of(X509Certificate certificate) {
        String name = "";
        Role role = Role.UNKNOWN;
        try {
            for (Rdn part : new LdapName(certificate.getSubjectX500Principal().getName()).getRdns()) {
                if (part.getType().equalsIgnoreCase("CN"))
                    name = part.getValue().toString();
                if (part.getType().equalsIgnoreCase("OU"))
                    role = role(part.getValue().toString());
            }
        } catch (InvalidNameException e) {
            return new Peer("", Role.UNKNOWN);
        }
        return new Peer(name, role);
    }

    private static Role role(String word) {
        for (Role role : Role.values()) if (role.word().equals(word)) return role;
        return Role.UNKNOWN;
    }
}
