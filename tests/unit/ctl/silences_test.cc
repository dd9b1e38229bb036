#include <gmock/gmock.h>

#include "ctl/commands.h"
#include "fake_collector.h"

namespace forewarn {
namespace {

using testing::HasSubstr;

class Silences : public v1::AlertService::Service {
 public:
  grpc::Status AddSilence(grpc::ServerContext*, const v1::AddSilenceRequest* request,
                          v1::AddSilenceResponse* response) override {
    asked = *request;
    response->set_id("an-id");
    return grpc::Status::OK;
  }
  grpc::Status ListSilences(grpc::ServerContext*, const v1::ListSilencesRequest*,
                            v1::ListSilencesResponse* response) override {
    v1::SilenceInfo* silence = response->add_silences();
    silence->set_state("active");
    silence->add_matchers("a=\"1\"");
    silence->add_matchers("b=\"2\"");
    return grpc::Status::OK;
  }
  grpc::Status ExpireSilence(grpc::ServerContext*, const v1::ExpireSilenceRequest* request,
                             v1::ExpireSilenceResponse*) override {
    if (request->id() != "an-id")
      return grpc::Status(grpc::StatusCode::NOT_FOUND, "no such silence");
    return grpc::Status::OK;
  }
  v1::AddSilenceRequest asked;
};

using SilencesTest = CtlTest<Silences>;

SilenceArguments Some() {
  return {.customer = "acme",
          .matchers = {"alertname=\"X\""},
          .from = "",
          .lasts = "2h",
          .comment = "moving"};
}

TEST_F(SilencesTest, BeginNowUnlessToldOtherwise) {
  ASSERT_TRUE(AddSilence(session, Some()).ok());
  EXPECT_EQ(out.str(), "an-id\n");
  EXPECT_EQ(fake.asked.from_ms(), 0);
  EXPECT_EQ(fake.asked.to_ms(), 1'777'636'800'000);
  SilenceArguments later = Some();
  later.from = "2026-05-01T12:00:00Z";
  ASSERT_TRUE(AddSilence(session, later).ok());
  EXPECT_EQ(fake.asked.from_ms(), 1'777'636'800'000);
  EXPECT_EQ(fake.asked.to_ms(), 1'777'644'000'000);
}

TEST_F(SilencesTest, ABadMatcherIsRefusedWithItsPlace) {
  SilenceArguments bad = Some();
  bad.matchers = {"alertname=X"};
  EXPECT_THAT(AddSilence(session, bad).message(),
              HasSubstr("the matcher 'alertname=X' (such as alertname=\"DiskWillFill\"): column "
                        "11: expected a quoted value"));
  bad = Some();
  bad.lasts = "0s";
  EXPECT_FALSE(AddSilence(session, bad).ok());
  EXPECT_EQ(fake.asked.customer(), "");
}

TEST_F(SilencesTest, AreListedAndExpired) {
  ASSERT_TRUE(ListSilences(session).ok());
  EXPECT_THAT(out.str(), HasSubstr("a=\"1\",b=\"2\""));
  EXPECT_TRUE(ExpireSilence(session, "an-id").ok());
  EXPECT_EQ(ExpireSilence(session, "other"), NotFound("no such silence"));
}

}  // namespace
}  // namespace forewarn
