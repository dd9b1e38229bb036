#include "collector/known_customers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "collector/operate_service.h"
#include "tests/unit/collector/service_world.h"

namespace forewarn {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class KnownCustomersTest : public ServiceWorld {
 protected:
  // Acme is in the bundle; globex was, and has a probe.
  void Apply() {
    Bundle bundle;
    bundle.id = "0000000000000001";
    bundle.customers.resize(1);
    bundle.customers[0].id = "acme";
    ASSERT_TRUE(desk_->Submit(kControlPartition, "test", bundle).ok());
    HelloCommand hello = {
        {"globex", "main", "00000000-0000-4000-8000-000000000001"}, "", "", Duration(0), false};
    ASSERT_TRUE(desk_->Submit(PartitionOf("globex"), "test", Command(hello)).ok());
  }
};

TEST_F(KnownCustomersTest, AreThoseOfTheBundleOnceThereIsOne) {
  Recover();
  EXPECT_TRUE(CheckIsInBundle(*desk_, "acmee").ok()) << "there is no bundle yet";
  Apply();
  EXPECT_TRUE(CheckIsInBundle(*desk_, "acme").ok());
  EXPECT_EQ(CheckIsInBundle(*desk_, "globex").code(), Code::kNotFound);
  EXPECT_THAT(
      CheckIsInBundle(*desk_, "acmee").message(),
      AllOf(HasSubstr("no customer 'acmee' in the bundle"), HasSubstr("forewarnctl apply")));
}

TEST_F(KnownCustomersTest, AreForWhoAsksThoseOfWhomAProbeIsLeftToo) {
  Recover();
  Apply();
  for (const char* known : {"", "acme", "globex"}) {
    EXPECT_TRUE(CheckIsKnown(*desk_, known).ok()) << known;
  }
  EXPECT_EQ(CheckIsKnown(*desk_, "acmee").code(), Code::kNotFound);
}

TEST_F(KnownCustomersTest, GetTokensOfSources) {
  Recover();
  Apply();
  Serve(MakeSourceService({*desk_, calls_, *ca_, settings_}));
  auto client = v1::SourceService::NewStub(ConnectOperator());
  auto create = [&](const std::string& door, const std::string& customer) {
    v1::CreateSourceTokenRequest request;
    request.set_door(door);
    request.set_customer(customer);
    request.set_all_customers(customer.empty());
    if (door != "query") request.set_installation("main");
    request.set_source("monitoring");
    v1::CreateSourceTokenResponse response;
    grpc::ClientContext context;
    return client->CreateSourceToken(&context, request, &response);
  };
  EXPECT_TRUE(create("prometheus", "acme").ok());
  EXPECT_TRUE(create("query", "").ok());
  for (const char* door : {"prometheus", "query"}) {
    EXPECT_EQ(create(door, "acmee").error_code(), grpc::StatusCode::NOT_FOUND) << door;
  }
}

TEST_F(KnownCustomersTest, AreAllOfWhomThereIsAnAnswer) {
  Recover();
  Apply();
  Serve(MakeQueryService({*desk_, calls_, *ca_, settings_}));
  auto client = v1::QueryService::NewStub(ConnectOperator());
  auto ask = [&](const std::string& customer, int64_t step) {
    v1::QueryRequest request;
    request.set_customer(customer);
    request.set_expression("up");
    request.set_from_ms(1);
    request.set_to_ms(2);
    request.set_step_ms(step);
    v1::QueryResponse response;
    grpc::ClientContext context;
    return client->Query(&context, request, &response).error_code();
  };
  for (int64_t step : {0, 1}) {
    EXPECT_EQ(ask("acme", step), grpc::StatusCode::OK);
    EXPECT_EQ(ask("acmee", step), grpc::StatusCode::NOT_FOUND);
  }
}

}  // namespace
}  // namespace forewarn
