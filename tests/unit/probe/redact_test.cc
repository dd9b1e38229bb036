#include "probe/redact.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "probe/crypto.h"
#include "tests/unit/probe/temp_dir.h"

namespace forewarn {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::unique_ptr<Redactor> Make(RedactionOptions options = {}) {
  if (options.key.empty()) options.key = std::string(32, 'k');
  StatusOr<std::unique_ptr<Redactor>> redactor = Redactor::Make(std::move(options));
  EXPECT_TRUE(redactor.ok()) << redactor.status().ToString();
  return *std::move(redactor);
}

// What must not come through, and a line as programs write it. The texts are made up.
struct Seeded {
  const char* secret;
  const char* line;
};
const Seeded kSeeded[] = {
    {"hunter2", "login failed password=hunter2 for admin"},
    {"hunter2", "Password: hunter2"},
    {"hunter2", "{\"user\":\"a\",\"password\":\"hunter2\"}"},
    {"hunter two", "{\"password\": \"hunter two\"}"},
    {"hunter2", "passwd='hunter2'"},
    {"hunter2", "PGPASSWORD=hunter2 psql"},
    {"hunter2", "DB_PASSWORD=hunter2"},
    {"hunter2", "db.password => hunter2"},
    {"hunter2", "the password is hunter2"},
    {"hunter2", "mysql --password hunter2 -u root"},
    {"hunter2", "mysql --password=hunter2 -u root"},
    {"hunter2", "CREATE USER a IDENTIFIED BY 'hunter2'"},
    {"hunter2", "connect postgres://app:hunter2@db.example.com:5432/x failed"},
    {"hunter2", "amqp://guest:hunter2@10.0.0.1/"},
    {"hunter2", "GET /login?user=a&password=hunter2&x=1"},
    {"hunter2", "config[\"password\"]=\"hunter2\""},
    {"hunter2", "passphrase: hunter2"},
    {"s3cr3tvalue", "client_secret=s3cr3tvalue"},
    {"s3cr3tvalue", "api_key: s3cr3tvalue"},
    {"s3cr3tvalue", "apiKey=\"s3cr3tvalue\""},
    {"s3cr3tvalue", "X-Api-Key: s3cr3tvalue"},
    {"s3cr3tvalue", "access_token=s3cr3tvalue"},
    {"s3cr3tvalue", "GET /x?access_token=s3cr3tvalue HTTP/1.1"},
    {"s3cr3tvalue", "?sig=s3cr3tvalue&sv=2020"},
    {"s3cr3tvalue", "sessionid=s3cr3tvalue;"},
    {"s3cr3tvalue", "Cookie: sid=s3cr3tvalue; theme=dark"},
    {"s3cr3tvalue", "Set-Cookie: sid=s3cr3tvalue"},
    {"s3cr3tvalue", "Authorization: Bearer s3cr3tvalue"},
    {"dXNlcjpwYXNz", "authorization: Basic dXNlcjpwYXNz"},
    {"s3cr3tvalue", "curl -H 'Authorization: token s3cr3tvalue'"},
    {"s3cr3tvalue", "sent bearer s3cr3tvalue to upstream"},
    {"s3cr3tvalue", "AWS_SECRET_ACCESS_KEY=s3cr3tvalue"},
    {"AKIAIOSFODNN7EXAMPLE", "using key AKIAIOSFODNN7EXAMPLE for bucket"},
    {"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
     "key wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY refused"},
    {"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abcDEF123",
     "jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abcDEF123 expired"},
    {"ghp_abcdefghijklmnopqrst1234", "clone with ghp_abcdefghijklmnopqrst1234 failed"},
    {"xoxb-123456789012-abcdefGHIJ", "slack xoxb-123456789012-abcdefGHIJ"},
    {"sk_live_abcdefghijkl1234", "stripe sk_live_abcdefghijkl1234 rejected"},
    {"user@example.com", "mail to user@example.com bounced"},
    {"first.b+c@mail.example.co.uk", "user <first.b+c@mail.example.co.uk>"},
    {"4111111111111111", "charge 4111111111111111 declined"},
    {"4111 1111 1111 1111", "charge 4111 1111 1111 1111 declined"},
    {"4111-1111-1111-1111", "card=4111-1111-1111-1111"},
    {"DE89370400440532013000", "transfer to DE89370400440532013000"},
    {"9f86d081884c7d659a2feaa0c55ad015", "digest 9f86d081884c7d659a2feaa0c55ad015"},
    {"MIIEowIBAAKCAQEA",
     "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA\n-----END RSA PRIVATE KEY-----"},
    {"MIIEowIBAAKCAQEA", "-----BEGIN PRIVATE KEY----- MIIEowIBAAKCAQEA"},
    {"q8Zr2Lk9Xw3Tn7Vb5Yc1Md4P", "nonce q8Zr2Lk9Xw3Tn7Vb5Yc1Md4P used"},
    {"Zm9vYmFyMTIzNDU2Nzg5MGFiY2Rl", "body=Zm9vYmFyMTIzNDU2Nzg5MGFiY2Rl"},
};

TEST(Redactor, LetsNoSeededSecretThrough) {
  auto redactor = Make();
  for (const Seeded& seeded : kSeeded) {
    for (const std::string& line :
         {std::string(seeded.line), "2026-05-01 10:00:00 ERROR [main] " + std::string(seeded.line),
          std::string(seeded.line) + " (retrying)"}) {
      EXPECT_THAT(redactor->Redact(line), Not(HasSubstr(seeded.secret))) << line;
    }
  }
}

TEST(Redactor, LeavesOrdinaryTextAlone) {
  auto redactor = Make();
  for (const char* line : {
           "disk /dev/sda1 is 91% full on /var/lib/postgresql",
           "connection to 10.0.0.1:5432 refused after 3 attempts",
           "request 0f8fad5b-d9cb-469f-a165-70867728950e took 15 ms",
           "java.lang.NullPointerException at "
           "com.example.app.OrderServiceImplementation.process(Order.java:42)",
           "2026-05-01T10:00:00.250Z worker-12 restarted",
           "ORA-01555: snapshot too old",
           "systemd-networkd-wait-online.service failed",
           "磁盘已满",
       }) {
    EXPECT_EQ(redactor->Redact(line), line);
  }
}

TEST(Redactor, GivesTheSameSecretTheSamePseudonymAndNoOther) {
  auto redactor = Make();
  std::string one = redactor->Redact("password=hunter2");
  EXPECT_EQ(one, redactor->Redact("password=hunter2"));
  EXPECT_NE(one, redactor->Redact("password=hunter3"));
  RedactionOptions other;
  other.key = std::string(32, 'x');
  EXPECT_NE(one, Make(other)->Redact("password=hunter2")) << "nothing without the key";
  EXPECT_THAT(one, ::testing::MatchesRegex("password=<password:[0-9a-f]+>"));
}

TEST(Redactor, DoesNotRedactItsOwnPseudonyms) {
  auto redactor = Make();
  for (const Seeded& seeded : kSeeded) {
    std::string once = redactor->Redact(seeded.line);
    EXPECT_EQ(redactor->Redact(once), once) << seeded.line;
  }
}

TEST(Redactor, AppliesTheCustomersOwnPatterns) {
  RedactionOptions options;
  options.rules = {{"employee", "\\bE[0-9]{6}\\b"}, {"host", "host=(\\w+)"}};
  auto redactor = Make(options);
  EXPECT_THAT(redactor->Redact("by E123456 on host=alpha"),
              ::testing::MatchesRegex("by <employee:[0-9a-f]+> on host=<host:[0-9a-f]+>"));
}

TEST(Redactor, RefusesABadPatternAndAShortKey) {
  RedactionOptions options;
  options.key = std::string(32, 'k');
  options.rules = {{"mine", "("}};
  EXPECT_THAT(Redactor::Make(options).status().message(), HasSubstr("redaction 'mine'"));
  options.rules.clear();
  options.key = "short";
  EXPECT_FALSE(Redactor::Make(options).ok());
}

TEST(Redactor, KeepsBackWhatIsNotAllowedAndRedactsTheRest) {
  RedactionOptions options;
  options.series = *NameFilter::Make("node_.*", "");
  options.facts = *NameFilter::Make("os\\..*", "");
  options.messages = false;
  auto redactor = Make(options);
  std::vector<Reading> samples = {{MakeSeriesName("node_load1", {}), 1},
                                  {MakeSeriesName("other", {}), 2}};
  Reports reports;
  reports.facts = {{Timestamp(), "os.kernel", "6.1"}, {Timestamp(), "product.licence", "x"}};
  reports.changes = {{Timestamp(), "product.licence", "x", "y"}};
  Event event;
  event.message = "password=hunter2";
  event.template_text = "password=<*>";
  event.attributes = {{"mail", "user@example.com"}};
  reports.events.push_back(event);
  reports.checks.push_back({Timestamp(), "db", Verdict::kFailing, "token=abcdef123456", 0ms});
  EXPECT_EQ(redactor->Apply(samples, reports), 3u);
  ASSERT_EQ(samples.size(), 1u);
  EXPECT_EQ(SeriesText(samples[0].series), "node_load1");
  ASSERT_EQ(reports.facts.size(), 1u);
  EXPECT_TRUE(reports.changes.empty());
  EXPECT_EQ(reports.events[0].message, "");
  EXPECT_THAT(reports.events[0].attributes[0].second, HasSubstr("<email:"));
  EXPECT_THAT(reports.checks[0].message, Not(HasSubstr("abcdef123456")));
}

TEST(LoadOrMakeKey, MakesAPrivateKeyOnceAndRefusesAnOpenOne) {
  TempDir dir;
  StatusOr<std::string> made = LoadOrMakeKey(dir / "key");
  ASSERT_TRUE(made.ok());
  EXPECT_EQ(made->size(), 64u);
  EXPECT_EQ(*LoadOrMakeKey(dir / "key"), *made);
  struct stat info;
  ASSERT_EQ(stat((dir / "key").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  chmod((dir / "key").c_str(), 0644);
  EXPECT_THAT(LoadOrMakeKey(dir / "key").status().message(), HasSubstr("chmod 600"));
  dir.Write("short", "abc\n");
  chmod((dir / "short").c_str(), 0600);
  EXPECT_THAT(LoadOrMakeKey(dir / "short").status().message(), HasSubstr("shorter"));
}

}  // namespace
}  // namespace forewarn
