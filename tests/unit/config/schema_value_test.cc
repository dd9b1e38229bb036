#include "config/schema_value.h"

#include <gtest/gtest.h>

namespace forewarn {
namespace {

// What `value` in a file is read as.
template <typename V>
StatusOr<V> Read(const ValueKind<V>& kind, const std::string& value) {
  std::vector<Mistake> mistakes;
  YamlNode root = ParseYaml("f.yaml", "key: " + value + "\n", mistakes);
  EXPECT_TRUE(mistakes.empty()) << value;
  return kind.parse(*root.Find("key"));
}

template <typename V>
void ExpectRefused(const ValueKind<V>& kind, std::initializer_list<const char*> values) {
  for (const char* value : values) EXPECT_FALSE(Read(kind, value).ok()) << value;
}
void ExpectTaken(const ValueKind<std::string>& kind, std::initializer_list<const char*> values) {
  for (const char* value : values)
    EXPECT_TRUE(Read(kind, value).ok()) << value << Read(kind, value).status().message();
}

TEST(Values, IntegersAreDecimalAndWithinBounds) {
  ValueKind<int64_t> kind = IntegerKind(-5, 100);
  EXPECT_EQ(*Read(kind, "42"), 42);
  EXPECT_EQ(*Read(kind, "-5"), -5);
  EXPECT_EQ(*Read(kind, "0"), 0);
  ExpectRefused(kind, {"0123", "00", "-0x5", "0x10", "0o17", "1e2", "1_0", "1.0", "+1", "'42'", "~",
                       "true", "[1]", "99999999999999999999"});
  EXPECT_EQ(Read(kind, "101").status().message(), "must be from -5 to 100, not '101'");
  EXPECT_EQ(Read(kind, "0123").status().message(),
            "must be a whole number without leading zeros, quotes or units, not '0123'");
}

TEST(Values, FlagsAreTrueOrFalse) {
  EXPECT_TRUE(*Read(FlagKind(), "true"));
  EXPECT_FALSE(*Read(FlagKind(), "false"));
  ExpectRefused(FlagKind(), {"yes", "no", "on", "True", "FALSE", "1", "0", "'true'", "{a: 1}"});
}

TEST(Values, DurationsAndSizesHaveUnits) {
  EXPECT_EQ(*Read(DurationKind(1s, 1h), "90s"), 90s);
  EXPECT_EQ(*Read(DurationKind(1s, 1h), "'1m'"), 1min);
  ExpectRefused(DurationKind(1s, 1h),
                {"90", "90 s", "1.5m", "999ms", "1h1ms", "0s", "-5s", "015s", "[1s]"});
  EXPECT_EQ(Read(DurationKind(1s, 1h), "2h").status().message(), "must be from 1s to 1h, not '2h'");
  EXPECT_EQ(*Read(SizeKind(1, 1 << 30), "64MiB"), 64 << 20);
  ExpectRefused(SizeKind(1, 1 << 30), {"64", "64M", "2GiB", "0B", "1.5MiB", "064MiB"});
}

TEST(Values, TextIsOneLineAndNotEmpty) {
  EXPECT_EQ(*Read(TextKind(), "0123"), "0123")
      << "what looks like a number is text where text is asked for";
  EXPECT_EQ(*Read(TextKind(), "'yes: no'"), "yes: no");
  ExpectRefused(TextKind(), {"''", "[a]", "{a: b}", "|\n  a\n  b"});
  EXPECT_FALSE(Read(TextKind(), std::string(4097, 'x')).ok());
}

TEST(Values, ChoicesGuessWhatWasMeant) {
  EXPECT_EQ(*Read(ChoiceKind({"debug", "info"}), "info"), "info");
  EXPECT_EQ(Read(ChoiceKind({"debug", "info", "warn"}), "inof").status().message(),
            "must be debug, info or warn, not 'inof'; did you mean 'info'?");
}

TEST(Values, AddressesHaveHostAndPort) {
  ExpectTaken(HostPortKind(true),
              {"localhost:0", "127.0.0.1:7443", "'[::1]:7443'", "a-b.example.com:65535"});
  ExpectRefused(HostPortKind(true),
                {"localhost", "':7443'", "localhost:65536", "localhost:07443", "localhost:-1",
                 "'::1:7443'", "'[::1]'", "'[x]:1'", "-a.com:1", "a..b:1", "a b:1", "http://a:1"});
  ExpectRefused(HostPortKind(false), {"localhost:0"});
  ExpectTaken(HostKind(), {"example.com", "10.0.0.1", "'::1'"});
  ExpectRefused(HostKind(), {"example.com:1", "a/b", "exa mple.com"});
}

TEST(Values, PathsAreAbsolute) {
  ExpectTaken(PathKind(), {"/", "/etc/x y"});
  ExpectRefused(PathKind(), {"etc/x", "~/x", "./x"});
}

TEST(Values, UrlsHaveAHostAndNoCredentials) {
  ExpectTaken(UrlKind(),
              {"https://example.com", "http://127.0.0.1:8080/hook?x=1", "'https://[::1]:9/x'"});
  ExpectRefused(UrlKind(), {"example.com", "ftp://example.com", "https://", "https:///x",
                            "https://a:b@example.com", "'https://exa mple.com'",
                            "https://example.com:0/", "'https://example.com/ x'"});
}

TEST(Values, EmailAddressesAreOneEach) {
  ExpectTaken(EmailKind(), {"a@example.com", "a.b+c@sub.example.com", "forewarn@localhost"});
  ExpectRefused(EmailKind(), {"a", "'@example.com'", "a@", "a b@example.com", "a@exa mple.com",
                              "a@b@c", "'A <a@example.com>'", "a@example.com,b@example.com",
                              ".a@example.com", "a..b@example.com", "'a\"@example.com'"});
}

TEST(Values, TimezonesAreThoseOfTheMachine) {
  ExpectTaken(TimezoneKind(), {"UTC"});
  ExpectRefused(TimezoneKind(),
                {"Europe/Berlni", "../../../etc/passwd", "/etc/localtime", "tzdata.zi", "Europe"});
}

TEST(Values, RegularExpressionsCompile) {
  ExpectTaken(RegexKind(), {"'web.*|db'"});
  EXPECT_EQ(Read(RegexKind(), "'x('").status().message(),
            "cannot be used: the regular expression 'x(' is bad: missing ): x(");
}

TEST(Values, WrittenTextIsReadBackAsItself) {
  for (std::string text : {"plain", "/srv/data", "127.0.0.1:7443",
                           "0123",  "5",         "true",
                           "null",  "a: b",      "it's",
                           "[x]",   "#x",        "x #y",
                           "~",     "-",         "-x",
                           "",      " x",        "yes",
                           "磁盘",  "\\d+|x*",   "a:"}) {
    std::vector<Mistake> mistakes;
    YamlNode root = ParseYaml("f.yaml", "key: [" + YamlText(text) + ", z]\n", mistakes);
    ASSERT_TRUE(mistakes.empty()) << text << " as " << YamlText(text);
    ASSERT_TRUE(root.Find("key")->items[0].is_scalar()) << text;
    EXPECT_EQ(root.Find("key")->items[0].text, text);
  }
}

}  // namespace
}  // namespace forewarn
