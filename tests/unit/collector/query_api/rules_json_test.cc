#include "collector/query_api/rules_json.h"

#include <gmock/gmock.h>

#include "tests/unit/collector/query_api/query_world.h"

namespace forewarn {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

using RulesJsonTest = QueryWorld;

constexpr const char* kNever = R"("evaluationTime":0,"lastEvaluation":"0001-01-01T00:00:00Z")";

std::string AlertOf(const std::string& customer, int value) {
  return fmt::format(
      R"({{"labels":{{"alertname":"LoadHigh","customer":"{}","installation":"main","probe":)"
      R"("00000000-0000-4000-8000-000000000001","severity":"error"}},"annotations":)"
      R"({{"summary":"load is {}"}},"state":"firing","activeAt":"2026-05-28T20:26:40Z","value":"{}e+00"}})",
      customer, value, value);
}

TEST_F(RulesJsonTest, TellsTheAlertsOfWhoMayBeRead) {
  EXPECT_THAT(Get("alerts"),
              EndsWith(R"({"status":"success","data":{"alerts":[)" + AlertOf("acme", 2) + "]}}"));
  EXPECT_THAT(Get("alerts", everybody_),
              AllOf(HasSubstr(AlertOf("acme", 2)), HasSubstr(AlertOf("globex", 3))));
}

TEST_F(RulesJsonTest, TellsRulesWithTheirAlerts) {
  EXPECT_THAT(
      Get("rules"),
      EndsWith(fmt::format(
          R"({{"status":"success","data":{{"groups":[{{"name":"load","file":"rules/load.yaml","interval":60,)"
          R"("limit":0,{},"rules":[{{"name":"LoadHigh","query":"load > 1","labels":{{"severity":"error"}},)"
          R"("duration":0,"keepFiringFor":0,"annotations":{{"summary":"load is {{{{ $value }}}}"}},)"
          R"("state":"firing","alerts":[{}],"health":"unknown","type":"alerting",{}}}]}}]}}}})",
          kNever, AlertOf("acme", 2), kNever)));
}

// Rules of which the first fails where load is above 3: then there are two series on its right side.
std::vector<BundleFile> WithRuleThatFails() {
  return {{"rules/load.yaml", R"(
groups:
- name: load
  rules:
  - record: load:fails
    expr: load + on (probe) (load > 3 or label_replace(load > 3, "x", "y", "", ""))
  - alert: LoadHigh
    expr: load > 1
    labels: {severity: error}
    annotations: {summary: "load is {{ $value }}"}
)"}};
}

TEST_F(RulesJsonTest, TellsNoErrorOfOtherRulesWhileABundleIsOnItsWay) {
  Bundle next = TestBundle();
  next.id = "00000000000000b2";
  next.rule_files = WithRuleThatFails();
  ASSERT_NE(PartitionOf("acme"), PartitionOf("globex"));
  // The rules are told of the first partition.
  const char* last = PartitionOf("acme") < PartitionOf("globex") ? "globex" : "acme";
  ASSERT_TRUE(desk_.Submit(PartitionOf(last), "test", next).ok());
  Take(TestBatch(2, kTestStart + 2min, 4, TestProbe(last)));
  EXPECT_THAT(Get("rules", everybody_), Not(HasSubstr("lastError")));
  for (uint32_t partition = 0; partition <= kPartitions; ++partition) {
    ASSERT_TRUE(desk_.Submit(partition, "test", next).ok());
  }
  EXPECT_THAT(Get("rules", everybody_), HasSubstr(R"("lastError":)"));
}

TEST_F(RulesJsonTest, TellsACustomerNothingOfAnotherInItsPartition) {
  std::string other;
  for (int i = 0; other.empty(); ++i) {
    std::string name = fmt::format("other-{}", i);
    if (PartitionOf(name) == PartitionOf("acme")) other = std::move(name);
  }
  Bundle next = TestBundle();
  next.id = "00000000000000b2";
  next.rule_files = WithRuleThatFails();
  next.customers.push_back(next.customers[0]);
  next.customers[1].id = other;
  for (uint32_t partition = 0; partition <= kPartitions; ++partition) {
    ASSERT_TRUE(desk_.Submit(partition, "test", next).ok());
  }
  ProbeIdentity probe = TestProbe(other);
  probe.probe.back() = '2';
  Take(TestBatch(1, kTestStart + 2min, 4, probe));
  const std::string alert = AlertOf("acme", 2);
  for (const char* path : {"alerts", "rules"}) {
    EXPECT_THAT(Get(path), AllOf(HasSubstr(alert), Not(HasSubstr(other)))) << path;
    EXPECT_THAT(Get(path, everybody_), AllOf(HasSubstr(alert), HasSubstr(other))) << path;
  }
  EXPECT_THAT(Get("rules", everybody_), HasSubstr(R"("lastError":)"));
}

TEST_F(RulesJsonTest, TellsAnAlertWithTheNumbersOfItsCustomer) {
  Bundle next = TestBundle();
  next.id = "00000000000000b2";
  next.customers.push_back(next.customers[0]);
  next.customers[1].id = "globex";
  next.rule_files = {{"rules/load.yaml", R"(
groups:
- name: load
  rules:
  - alert: LoadHigh
    expr: load > scalar(threshold:load)
    forewarn: {thresholds: {load: 1}, overrides: [{customer: globex, load: 2}]}
)"}};
  for (uint32_t partition = 0; partition <= kPartitions; ++partition) {
    ASSERT_TRUE(desk_.Submit(partition, "test", next).ok());
  }
  Take(TestBatch(2, kTestStart + 1min, 2));
  Take(TestBatch(2, kTestStart + 1min, 3, TestProbe("globex")));
  const std::string rules = Get("rules", everybody_);
  const size_t of_acme = rules.find("\"query\":\"load > 1\"");
  const size_t of_globex = rules.find("\"query\":\"load > 2\"");
  ASSERT_LT(of_acme, of_globex);
  ASSERT_NE(of_globex, std::string::npos);
  EXPECT_THAT(rules.substr(of_acme, of_globex - of_acme),
              AllOf(HasSubstr("\"customer\":\"acme\""), Not(HasSubstr("globex"))));
  EXPECT_THAT(rules.substr(of_globex),
              AllOf(HasSubstr("\"customer\":\"globex\""), Not(HasSubstr("acme"))));
}

TEST_F(RulesJsonTest, ChoosesByTypeAndName) {
  for (const char* chosen :
       {"rules?type=alert", "rules?rule_name[]=LoadHigh", "rules?rule_group[]=load",
        "rules?file[]=rules/load.yaml", "rules?rule_name[]=x&rule_name[]=LoadHigh"}) {
    EXPECT_THAT(Get(chosen), HasSubstr("\"name\":\"LoadHigh\"")) << chosen;
  }
  for (const char* none :
       {"rules?type=record", "rules?rule_name[]=Other", "rules?rule_group[]=x", "rules?file[]=x"}) {
    EXPECT_THAT(Get(none), EndsWith(R"({"status":"success","data":{"groups":[]}})")) << none;
  }
}

}  // namespace
}  // namespace forewarn
