#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <thread>

#include "collector/operate_service.h"
#include "tests/unit/collector/service_world.h"

namespace forewarn {
namespace {

class OperateBundleTest : public ServiceWorld {
 protected:
  void Open() {
    Recover();
    Serve(MakeBundleService({*desk_, calls_, *ca_, settings_}));
    stub_ = v1::BundleService::NewStub(ConnectOperator());
  }

  static v1::ApplyRequest WithThreshold(int threshold) {
    v1::ApplyRequest request;
    v1::File* file = request.add_files();
    file->set_path("rules/a.yaml");
    file->set_text("groups:\n- name: a\n  rules:\n  - alert: A\n    expr: x > " +
                   std::to_string(threshold) + "\n");
    return request;
  }

  grpc::Status Apply(const v1::ApplyRequest& request, v1::ApplyResponse& response) {
    grpc::ClientContext context;
    return stub_->Apply(&context, request, &response);
  }

  v1::GetBundleResponse Get() {
    v1::GetBundleResponse response;
    grpc::ClientContext context;
    EXPECT_TRUE(stub_->GetBundle(&context, {}, &response).ok());
    return response;
  }

  std::unique_ptr<v1::BundleService::Stub> stub_;
};

TEST_F(OperateBundleTest, OfTwoAppliedAtOnceAllPartitionsHaveTheSame) {
  Open();
  for (int round = 0; round < 10; ++round) {
    auto apply = [&](int threshold) {
      v1::ApplyResponse response;
      EXPECT_TRUE(Apply(WithThreshold(threshold), response).ok());
    };
    std::thread one(apply, 2 * round);
    std::thread other(apply, 2 * round + 1);
    one.join();
    other.join();
    std::set<std::string> ids;
    ASSERT_TRUE(desk_->AskAll([&](const Shard& shard) { ids.insert(shard.bundle().id); }).ok());
    ASSERT_EQ(ids.size(), 1u) << "round " << round;
  }
}

TEST_F(OperateBundleTest, WhoAppliedWhichAndWhenIsKeptTheNewestFirst) {
  Open();
  v1::ApplyResponse first, again, second;
  ASSERT_TRUE(Apply(WithThreshold(1), first).ok());
  ASSERT_TRUE(Apply(WithThreshold(1), again).ok());  // in force already: no application
  ASSERT_TRUE(Apply(WithThreshold(2), second).ok());
  v1::ApplyRequest dry = WithThreshold(3);
  dry.set_dry_run(true);
  ASSERT_TRUE(Apply(dry, again).ok());

  v1::GetBundleResponse shown = Get();
  EXPECT_EQ(shown.id(), second.id());
  ASSERT_EQ(shown.applications_size(), 2);
  EXPECT_EQ(shown.applications(0).id(), second.id());
  EXPECT_EQ(shown.applications(1).id(), first.id());
  EXPECT_EQ(shown.applications(1).actor(), "operator");
  EXPECT_GT(shown.applications(1).at_ms(), 0);
  EXPECT_GE(shown.applications(0).at_ms(), shown.applications(1).at_ms());
}

TEST_F(OperateBundleTest, AFileThatIsNoRuleFileIsOneMistake) {
  Open();
  v1::ApplyRequest request = WithThreshold(1);
  request.mutable_files(0)->set_path("rules/readme.txt");
  request.mutable_files(0)->set_text("Some words.\n");
  v1::ApplyResponse response;
  const std::string mistakes = Apply(request, response).error_message();
  EXPECT_THAT(mistakes, testing::HasSubstr("rules/readme.txt: no file of a bundle has this name"));
  EXPECT_THAT(mistakes, testing::Not(testing::HasSubstr("\n")));
}

TEST_F(OperateBundleTest, OfWhomLessWillBeKeptIsSaid) {
  Open();
  auto apply = [&](const std::string& customers, bool dry_run = false) {
    v1::ApplyRequest request;
    request.set_dry_run(dry_run);
    v1::File* file = request.add_files();
    file->set_path("customers.yaml");
    file->set_text("customers: " + customers + "\n");
    v1::ApplyResponse response;
    EXPECT_TRUE(Apply(request, response).ok());
    return std::vector<std::string>(response.warnings().begin(), response.warnings().end());
  };
  const std::string globex = "{id: globex, name: Globex}";
  const std::string acme = "{id: acme, name: Acme, retention: {samples: 300d}}";
  EXPECT_THAT(apply("[" + globex + ", " + acme + "]"), testing::IsEmpty());
  EXPECT_THAT(apply("[" + globex + "]", true),
              testing::ElementsAre(testing::HasSubstr("acme is taken out and kept for less: "
                                                      "samples 300d -> 30d; ")));
  apply("[" + globex + "]");
  EXPECT_THAT(apply("[" + globex + ", {id: acme, name: Acme, retention: {samples: 200d}}]"),
              testing::ElementsAre(testing::HasSubstr("samples 300d -> 200d")))
      << "it is kept for a day yet";
}

}  // namespace
}  // namespace forewarn
