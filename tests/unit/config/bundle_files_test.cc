#include "config/bundle_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "base/file.h"

namespace forewarn {
namespace {

using testing::HasSubstr;

const BundleFile kCustomers = {"customers.yaml", R"(customers:
- id: acme
  name: Acme
  locale: zh
  timezone: UTC
  owner: On-call engineer
  owner_email: on-call@example.com
  contacts:
  - {name: Operations, email: operations@example.com}
  labels: {plan: gold}
- {id: globex, name: Globex}
)"};
const BundleFile kReceivers = {"receivers.yaml", R"(receivers:
- {id: on-call, kind: email, to: [on-call@example.com]}
- {id: customer, kind: email}
- {id: hook, kind: webhook, url: 'https://example.com/hook', secret_file: /etc/forewarn/hook.key}
)"};
const BundleFile kRoutes = {"routes.yaml", R"(routes:
- receivers: [on-call, hook]
  matchers: ['team="db"', 'instance=~"web.*"']
  severity_min: warning
- {audience: customer, receivers: [customer]}
)"};
const BundleFile kContact = {"contact.yaml", "contact: {late_after: 1m, lost_after: 5m}\n"};
const BundleFile kRules = {"rules/disk.yaml", "groups: [\n"};

std::string MistakesOf(std::vector<BundleFile> files) {
  return ParseBundle(std::move(files)).status().message();
}

TEST(BundleFiles, MakeABundle) {
  StatusOr<Bundle> bundle = ParseBundle({kRules, kRoutes, kContact, kReceivers, kCustomers});
  ASSERT_TRUE(bundle.ok()) << bundle.status().message();
  ASSERT_EQ(bundle->customers.size(), 2u);
  EXPECT_EQ(bundle->customers[0].locale, "zh");
  EXPECT_EQ(bundle->customers[0].contacts[0].email, "operations@example.com");
  EXPECT_EQ(bundle->customers[0].labels.Get("plan"), "gold");
  EXPECT_EQ(bundle->customers[1].timezone, "UTC");
  EXPECT_EQ(bundle->receivers[2].kind, Receiver::Kind::kWebhook);
  EXPECT_EQ(bundle->routes[0].severity_min, Severity::kWarning);
  EXPECT_EQ(bundle->routes[1].audience, Audience::kCustomer);
  EXPECT_EQ(bundle->contact.lost_after, 5min);
  ASSERT_EQ(bundle->rule_files.size(), 1u);
  EXPECT_EQ(bundle->rule_files[0], kRules) << "rules are taken as text";
  EXPECT_EQ(bundle->files.size(), 5u);
}

TEST(BundleFiles, TheIdIsThatOfTheContentWhateverTheOrder) {
  std::string id = ParseBundle({kReceivers, kCustomers})->id;
  EXPECT_EQ(id.size(), 16u);
  EXPECT_EQ(ParseBundle({kCustomers, kReceivers})->id, id);
  BundleFile changed = kCustomers;
  changed.text += "\n";
  EXPECT_NE(ParseBundle({kReceivers, changed})->id, id);
}

TEST(BundleFiles, AnEmptyBundleIsOne) {
  StatusOr<Bundle> bundle = ParseBundle({});
  ASSERT_TRUE(bundle.ok());
  EXPECT_EQ(bundle->contact.lost_after, 10min);
}

TEST(BundleFiles, ListsTheMistakesOfAllFiles) {
  EXPECT_EQ(
      MistakesOf({{"customers.yaml", R"(customers:
- {id: Acme, name: Acme}
- {id: b, name: B, locale: fr, timezone: Mars/Base, contacts: [{name: X, email: nobody}]}
- {id: b, name: C, labels: {a-b: x}}
)"},
                  {"receivers.yaml",
                   "receivers:\n- {id: on-call, kind: emial}\n- {id: hook, kind: webhook}\n"},
                  {"routes.yaml", "routes:\n- {receivers: [oncall], matchers: ['a=b']}\n"},
                  {"contact.yaml", "contact: {late_after: 10m, lost_after: 5m}\n"},
                  {"rulez/disk.yaml", ""},
                  {"rules/../x.yaml", ""}}),
      "contact.yaml:1:10: 'late_after' must be below 'lost_after'\n"
      "customers.yaml:2:8: 'id' must be a name of 1 to 63 lower-case letters, digits and dashes, "
      "not 'Acme'\n"
      "customers.yaml:3:28: 'locale' must be en or zh, not 'fr'\n"
      "customers.yaml:3:42: 'timezone' must be a time zone of this machine's zoneinfo, such as "
      "Europe/Berlin or "
      "UTC, not 'Mars/Base'\n"
      "customers.yaml:3:81: 'email' must be an e-mail address such as someone@example.com, not "
      "'nobody'\n"
      "customers.yaml:4:8: the id 'b' is given twice; the first is in line 3\n"
      "customers.yaml:4:29: 'a-b' is not a label's name; use letters, digits and underscores\n"
      "receivers.yaml:2:23: 'kind' must be email or webhook, not 'emial'; did you mean 'email'?\n"
      "receivers.yaml:3:3: a webhook needs a 'url'\n"
      "routes.yaml:2:16: there is no receiver 'oncall' in receivers.yaml; did you mean 'on-call'?\n"
      "routes.yaml:2:36: each of 'matchers' must be a matcher such as instance=~\"web.*\", not "
      "'a=b': column 3: "
      "expected a quoted value\n"
      "rules/../x.yaml: not a path inside a bundle; use names below its folder, with '/'\n"
      "rulez/disk.yaml: no file of a bundle has this name; known are customers.yaml, "
      "receivers.yaml, routes.yaml, "
      "contact.yaml and rules/*.yaml; a bundle is the folder in which `rules` lies");
}

TEST(BundleFiles, ASettingOfAnotherKindOfReceiverIsAMistake) {
  EXPECT_THAT(MistakesOf({{"receivers.yaml",
                           "receivers: [{id: a, kind: email, url: 'https://example.com'}]"}}),
              HasSubstr("'url' is for receivers of kind webhook"));
}

TEST(BundleFiles, AnEmptyOrRepeatedFileIsAMistake) {
  EXPECT_THAT(MistakesOf({{"customers.yaml", ""}}), HasSubstr("the file is empty"));
  EXPECT_THAT(MistakesOf({{"customers.yaml", "x: 1\n"}}), HasSubstr("unknown key 'x'"));
  EXPECT_THAT(MistakesOf({kCustomers, kCustomers}),
              HasSubstr("customers.yaml: the path is given twice"));
}

TEST(BundleFiles, AreReadFromAFolder) {
  std::string folder = testing::TempDir() + "/forewarn-bundle-XXXXXX";
  std::string dir = mkdtemp(folder.data());
  ASSERT_TRUE(MakeDirs(dir + "/rules/more").ok());
  ASSERT_TRUE(MakeDirs(dir + "/.git").ok());
  for (const char* name :
       {"customers.yaml", "rules/b.yml", "rules/more/a.yaml", ".hidden", ".git/x"}) {
    ASSERT_TRUE(WriteFileAtomically(dir + "/" + name, name).ok());
  }
  StatusOr<std::vector<BundleFile>> files = ReadBundleDir(dir);
  ASSERT_TRUE(files.ok()) << files.status().message();
  EXPECT_EQ(*files, (std::vector<BundleFile>{{"customers.yaml", "customers.yaml"},
                                             {"rules/b.yml", "rules/b.yml"},
                                             {"rules/more/a.yaml", "rules/more/a.yaml"}}));
  ASSERT_EQ(symlink("/nonexistent", (dir + "/dangling.yaml").c_str()), 0);
  EXPECT_THAT(ReadBundleDir(dir).status().message(),
              HasSubstr("dangling.yaml: not a regular file"));
  EXPECT_EQ(ReadBundleDir(dir + "/missing").status().code(), Code::kNotFound);
  std::filesystem::remove_all(dir);
}

}  // namespace
}  // namespace forewarn
