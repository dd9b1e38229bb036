#include <gmock/gmock.h>

#include "ctl/commands.h"
#include "fake_collector.h"

namespace forewarn {
namespace {

class Probes : public v1::ProbeService::Service {
 public:
  grpc::Status ListProbes(grpc::ServerContext*, const v1::ListProbesRequest* request,
                          v1::ListProbesResponse* response) override {
    if (request->customer() != "acme") return grpc::Status::OK;
    v1::ProbeInfo* probe = response->add_probes();
    probe->set_customer("acme");
    probe->set_installation("main");
    probe->set_host("db1");
    probe->set_contact("late");
    probe->set_clock_offset_ms(-1500);
    probe->set_last_arrival_ms(1'777'629'600'000);
    return grpc::Status::OK;
  }
  grpc::Status RetireProbe(grpc::ServerContext*, const v1::RetireProbeRequest* request,
                           v1::RetireProbeResponse*) override {
    retired = request->probe();
    return grpc::Status::OK;
  }
  std::string retired;
};

using ProbesTest = CtlTest<Probes>;

TEST_F(ProbesTest, AreListedWithTheirContact) {
  ASSERT_TRUE(ListProbes(session, "acme").ok());
  EXPECT_EQ(out.str(),
            "CUSTOMER  INSTALLATION  HOST  CONTACT  SINCE  LAST SEEN             CLOCK     LOST  "
            "VERSION  PROBE\n"
            "acme      main          db1   late     -      2026-05-01T10:00:00Z  -1s500ms  0     - "
            "       -\n");
}

TEST_F(ProbesTest, NoneIsSaidAsSuch) {
  ASSERT_TRUE(ListProbes(session, "globex").ok());
  EXPECT_EQ(out.str(), "No probes. Enrol one: forewarnctl token create\n");
}

TEST_F(ProbesTest, AreRetiredByName) {
  ASSERT_TRUE(RetireProbe(session, "0123abcd-4567-4890-abcd-0123456789ef").ok());
  EXPECT_EQ(fake.retired, "0123abcd-4567-4890-abcd-0123456789ef");
}

}  // namespace
}  // namespace forewarn
