#include <gmock/gmock.h>

#include "ctl/commands.h"
#include "fake_collector.h"

namespace forewarn {
namespace {

using testing::HasSubstr;

class Alerts : public v1::AlertService::Service {
 public:
  grpc::Status ListAlerts(grpc::ServerContext*, const v1::ListAlertsRequest*,
                          v1::ListAlertsResponse* response) override {
    for (const char* rule : {"Zero", "Early"}) {
      response->add_alerts()->set_customer("acme");
      response->mutable_alerts()->rbegin()->set_rule(rule);
    }
    v1::AlertInfo* alert = response->add_alerts();
    alert->set_customer("acme");
    alert->set_rule("DiskWillFill");
    alert->set_state("unknown");
    alert->set_unknown_reason("contact_lost");
    alert->set_value(3600);
    for (auto [name, value] :
         {std::pair("alertname", "DiskWillFill"), std::pair("mountpoint", "/srv")}) {
      v1::Label* label = alert->add_labels();
      label->set_name(name);
      label->set_value(value);
    }
    return grpc::Status::OK;
  }
  grpc::Status ListRules(grpc::ServerContext*, const v1::ListRulesRequest*,
                         v1::ListRulesResponse* response) override {
    v1::RuleInfo* rule = response->add_rules();
    rule->set_name("DiskWillFill");
    rule->set_unmatched("node_disk");
    return grpc::Status::OK;
  }
};

using AlertsTest = CtlTest<Alerts>;

TEST_F(AlertsTest, AnUnknownAlertSaysWhyItIsUnknown) {
  ASSERT_TRUE(ListAlerts(session, "").ok());
  EXPECT_THAT(out.str(),
              HasSubstr("acme      DiskWillFill  unknown (contact_lost)  -      -         3600   "
                        "{mountpoint=\"/srv\"}\n"));
}

TEST_F(AlertsTest, AlertsOfARuleStandTogether) {
  ASSERT_TRUE(ListAlerts(session, "").ok());
  EXPECT_LT(out.str().find("DiskWillFill"), out.str().find("Early"));
  EXPECT_LT(out.str().find("Early"), out.str().find("Zero"));
}

TEST_F(AlertsTest, ARuleThatMatchesNothingSaysSo) {
  ASSERT_TRUE(ListRules(session).ok());
  EXPECT_THAT(out.str(), HasSubstr("nothing matches node_disk"));
}

}  // namespace
}  // namespace forewarn
