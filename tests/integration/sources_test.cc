// Sources through the doors of other protocols, from outside: who may send, and for how long.

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "forewarn/foreign/otlp_metrics_service.grpc.pb.h"
#include "forewarn/v1/operate.grpc.pb.h"
#include "tests/integration/edges.h"

namespace forewarn {
namespace {

namespace otlp = opentelemetry::proto::collector::metrics::v1;

class SourcesTest : public EdgesTest {
 protected:
  static grpc::Status Export(const std::shared_ptr<grpc::Channel>& channel) {
    otlp::ExportMetricsServiceRequest request;
    auto* metric = request.add_resource_metrics()->add_scope_metrics()->add_metrics();
    metric->set_name("queue_size");
    auto* point = metric->mutable_gauge()->add_data_points();
    point->set_time_unix_nano(static_cast<uint64_t>(ToMillis(SystemClock().Now())) *
                              uint64_t{1'000'000});
    point->set_as_double(7);
    otlp::ExportMetricsServiceResponse response;
    grpc::ClientContext context;
    return otlp::MetricsService::NewStub(channel)->Export(&context, request, &response);
  }

  void Retire(const std::string& probe) {
    v1::RetireProbeRequest request;
    request.set_probe(probe);
    v1::RetireProbeResponse response;
    grpc::ClientContext context;
    ASSERT_TRUE(v1::ProbeService::NewStub(ConnectOperator())
                    ->RetireProbe(&context, request, &response)
                    .ok());
  }

  std::vector<std::string> Contacts() {
    v1::ListProbesResponse response;
    grpc::ClientContext context;
    EXPECT_TRUE(
        v1::ProbeService::NewStub(ConnectOperator())->ListProbes(&context, {}, &response).ok());
    std::vector<std::string> contacts;
    for (const v1::ProbeInfo& probe : response.probes()) contacts.push_back(probe.contact());
    return contacts;
  }

  grpc::Status CreateSourceToken(int64_t valid_for_ms) {
    v1::CreateSourceTokenRequest request;
    request.set_door("otlp");
    request.set_customer("acme");
    request.set_installation("prod");
    request.set_source("shop");
    request.set_valid_for_ms(valid_for_ms);
    v1::CreateSourceTokenResponse response;
    grpc::ClientContext context;
    return v1::SourceService::NewStub(ConnectOperator())
        ->CreateSourceToken(&context, request, &response);
  }
};

TEST_F(SourcesTest, ARetiredProbeSendsNothingByOpenTelemetryEither) {
  auto channel = ConnectProbe();
  ASSERT_TRUE(Export(channel).ok());
  Retire(enrolled_.probe());
  grpc::Status refused = Export(channel);
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::PERMISSION_DENIED) << refused.error_message();
  EXPECT_THAT(refused.error_message(), testing::HasSubstr("was retired; enrol it again"));
  EXPECT_THAT(Contacts(), testing::ElementsAre("retired", "retired")) << "nor is it missed";

  // Nor does it after it was retired without having sent any.
  auto other = ConnectProbe();
  Retire(enrolled_.probe());
  EXPECT_EQ(Export(other).error_code(), grpc::StatusCode::PERMISSION_DENIED);
}

TEST_F(SourcesTest, ATokenIsGoodForTenYearsAtMost) {
  constexpr int64_t kTenYears = int64_t{3650} * 24 * 60 * 60 * 1000;
  EXPECT_TRUE(CreateSourceToken(0).ok());
  EXPECT_TRUE(CreateSourceToken(kTenYears).ok());
  for (int64_t bad : {int64_t{-1}, kTenYears + 1, std::numeric_limits<int64_t>::max()}) {
    grpc::Status status = CreateSourceToken(bad);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << bad;
    EXPECT_THAT(status.error_message(), testing::HasSubstr("at most ten years"));
  }
}

TEST_F(SourcesTest, WhoReadsIsOfOneCustomerOrOfAllAndOfNoInstallation) {
  auto create = [&](const std::string& customer, const std::string& installation, bool all) {
    v1::CreateSourceTokenRequest request;
    request.set_door("query");
    request.set_customer(customer);
    request.set_installation(installation);
    request.set_all_customers(all);
    request.set_source("grafana");
    v1::CreateSourceTokenResponse response;
    grpc::ClientContext context;
    return v1::SourceService::NewStub(ConnectOperator())
        ->CreateSourceToken(&context, request, &response);
  };
  EXPECT_TRUE(create("acme", "", false).ok());
  EXPECT_TRUE(create("", "", true).ok());
  EXPECT_THAT(create("", "", false).error_message(), testing::HasSubstr("all_customers"));
  EXPECT_THAT(create("acme", "", true).error_message(), testing::HasSubstr("all_customers"));
  EXPECT_THAT(create("acme", "prod", false).error_message(), testing::HasSubstr("installation"));

  v1::CreateSourceTokenRequest sender;
  sender.set_door("otlp");
  sender.set_installation("prod");
  sender.set_source("shop");
  sender.set_all_customers(true);
  v1::CreateSourceTokenResponse response;
  grpc::ClientContext context;
  EXPECT_THAT(v1::SourceService::NewStub(ConnectOperator())
                  ->CreateSourceToken(&context, sender, &response)
                  .error_message(),
              testing::HasSubstr("belongs to one customer"));
}

}  // namespace
}  // namespace forewarn
