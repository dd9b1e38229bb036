// What a contract about a customer's data says, on the whole collector: after their time they are found
// by no question, and those of others are.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>

#include "forewarn/v1/operate.grpc.pb.h"
#include "tests/integration/edges.h"

namespace forewarn {
namespace {

using testing::HasSubstr;

class RetentionTest : public EdgesTest {
 protected:
  // 20 samples and an event, of now.
  void Push() {
    auto client = v1::IngestService::NewStub(ConnectProbe());
    grpc::ClientContext context;
    auto stream = client->Push(&context);
    v1::PushResponse response;
    ASSERT_TRUE(stream->Write(Hello()));
    ASSERT_TRUE(stream->Read(&response));
    for (uint64_t sequence = 1; sequence <= 20; ++sequence) {
      v1::PushRequest request = Batch(sequence);
      if (sequence == 20) {
        v1::Event* event = request.mutable_batch()->add_events();
        event->set_at_ms(ToMillis(clock_.Now()));
        event->set_last_at_ms(event->at_ms());
        event->set_count(1);
        event->set_source("log:/var/log/app.log");
        event->set_message("what happened");
      }
      ASSERT_TRUE(stream->Write(request));
    }
    do {
      ASSERT_TRUE(stream->Read(&response));
    } while (response.ack().sequence() < 20);
    stream->WritesDone();
    EXPECT_TRUE(stream->Finish().ok());
  }
  grpc::Status Apply(const std::string& retention) {
    v1::ApplyRequest request;
    v1::File* file = request.add_files();
    file->set_path("customers.yaml");
    file->set_text("customers:\n- {id: acme, name: Acme, retention: " + retention + "}\n");
    v1::ApplyResponse response;
    grpc::ClientContext context;
    return v1::BundleService::NewStub(ConnectOperator())->Apply(&context, request, &response);
  }
  int Events() {
    v1::ListEventsRequest request;
    request.set_customer("acme");
    request.set_to_ms(ToMillis(clock_.Now()));
    v1::ListEventsResponse found;
    grpc::ClientContext context;
    grpc::Status status =
        v1::QueryService::NewStub(ConnectOperator())->ListEvents(&context, request, &found);
    EXPECT_TRUE(status.ok()) << status.error_message();
    // Those that were pushed; rules add what they make of the silence.
    return static_cast<int>(std::ranges::count_if(found.items(), [](const auto& item) {
      return item.SerializeAsString().find("what happened") != std::string::npos;
    }));
  }
  // Asks, and tends the collector as its main loop does, until it is so.
  bool Becomes(const std::function<bool()>& what) {
    for (int i = 0; i < 10'000; ++i) {
      if (what()) return true;
      if (i % 100 != 0) continue;
      clock_.Forward(10min);
      app_->Tend();
    }
    return false;
  }
};

TEST_F(RetentionTest, WhatIsOverForACustomerIsFoundByNoQuestion) {
  Push();
  EXPECT_EQ(Samples("20d"), 20);
  EXPECT_EQ(Events(), 1);
  ASSERT_TRUE(Apply("{samples: 9d, rollups: 9d, events: 9d}").ok());
  clock_.Forward(11 * 24h);
  EXPECT_TRUE(Becomes([&] { return Samples("20d") == 0 && Events() == 0; }));
}

TEST_F(RetentionTest, RollupsAreReadWhereSamplesAreGone) {
  Push();
  ASSERT_TRUE(Apply("{samples: 9d}").ok());
  clock_.Forward(11 * 24h);
  EXPECT_TRUE(Becomes([&] { return Samples("20d") == 1; }));
  EXPECT_EQ(Events(), 1);
}

TEST_F(RetentionTest, TimesThatContradictTheSettingsAreRefused) {
  grpc::Status status = Apply("{samples: 8d}");
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("customers.yaml:2:47: 'retention.samples' of"));
  ASSERT_TRUE(Apply("{samples: 9d}").ok());
  app_.reset();
  settings_.limits.accepted_age = 10 * 24h;
  app_ = std::make_unique<App>(settings_, clock_);
  Status started = app_->Start();
  EXPECT_EQ(started.code(), Code::kFailedPrecondition);
  EXPECT_THAT(started.message(), HasSubstr("apply a bundle that fits"));
}

}  // namespace
}  // namespace forewarn
