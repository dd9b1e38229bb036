// Push from outside: what a stream is told, what ends it and how.

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <string>

#include "forewarn/v1/ingest.grpc.pb.h"
#include "tests/integration/edges.h"

namespace forewarn {
namespace {

using testing::HasSubstr;

class PushTest : public EdgesTest {};

TEST_F(PushTest, AWelcomeSaysWhatIsDurableAndARepeatedBatchIsAcknowledged) {
  auto channel = ConnectProbe();
  auto client = v1::IngestService::NewStub(channel);
  for (int round = 0; round < 2; ++round) {
    grpc::ClientContext context;
    auto stream = client->Push(&context);
    v1::PushResponse response;
    ASSERT_TRUE(stream->Write(Hello()));
    ASSERT_TRUE(stream->Read(&response));
    EXPECT_EQ(response.welcome().sequence(), round == 0 ? 0u : 1u);
    ASSERT_TRUE(stream->Write(Batch(1)));
    ASSERT_TRUE(stream->Read(&response));
    EXPECT_EQ(response.ack().sequence(), 1u);
    stream->WritesDone();
    EXPECT_TRUE(stream->Finish().ok());
  }
}

TEST_F(PushTest, ABatchBeyondItsLimitIsRefusedWithTheLimitAndTheRemedy) {
  auto client = v1::IngestService::NewStub(ConnectProbe());
  grpc::ClientContext context;
  auto stream = client->Push(&context);
  v1::PushResponse response;
  ASSERT_TRUE(stream->Write(Hello()));
  ASSERT_TRUE(stream->Read(&response));
  v1::PushRequest large = Batch(1);
  for (int i = 0; i < 10; ++i) {
    v1::Event* event = large.mutable_batch()->add_events();
    event->set_source("log:a");
    event->set_count(1);
    event->set_message(std::string(10'000, 'x'));
  }
  ASSERT_TRUE(stream->Write(large));
  EXPECT_FALSE(stream->Read(&response));
  grpc::Status status = stream->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_THAT(status.error_message(), HasSubstr("above the limit of 65536"));
  EXPECT_THAT(status.error_message(), HasSubstr("limits.max_batch_size"));
  EXPECT_EQ(Refused(context), "7/1");
}

TEST_F(PushTest, ABatchThatBreaksTheRulesIsNamedInTheTrailer) {
  auto client = v1::IngestService::NewStub(ConnectProbe());
  grpc::ClientContext context;
  auto stream = client->Push(&context);
  v1::PushResponse response;
  ASSERT_TRUE(stream->Write(Hello()));
  ASSERT_TRUE(stream->Read(&response));
  ASSERT_TRUE(stream->Write(Batch(1)));
  v1::PushRequest bad = Batch(2);
  bad.mutable_batch()->add_events()->set_source("x");  // with a count of 0
  ASSERT_TRUE(stream->Write(bad));
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.ack().sequence(), 1u);
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(Refused(context), "7/2");
}

TEST_F(PushTest, ARoundFarAheadIsLeftOutAndSaidInTheAck) {
  auto client = v1::IngestService::NewStub(ConnectProbe());
  grpc::ClientContext context;
  auto stream = client->Push(&context);
  v1::PushResponse response;
  ASSERT_TRUE(stream->Write(Hello()));
  ASSERT_TRUE(stream->Read(&response));
  v1::PushRequest ahead = Batch(1);
  ahead.mutable_batch()->add_rounds()->set_end_ms(4'000'000'000'000);
  ASSERT_TRUE(stream->Write(ahead));
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.ack().sequence(), 1u);
  ASSERT_EQ(response.ack().refusals_size(), 1);
  EXPECT_EQ(response.ack().refusals(0).reason(), "too_new");
  EXPECT_EQ(response.ack().refusals(0).count(), 1u);
  EXPECT_THAT(response.ack().refusals(0).detail(), HasSubstr("limits.accepted_future"));
  stream->WritesDone();
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(PushTest, ANewerStreamOfAProbeTakesOver) {
  auto client = v1::IngestService::NewStub(ConnectProbe());
  v1::PushResponse response;
  grpc::ClientContext older_context;
  auto older = client->Push(&older_context);
  ASSERT_TRUE(older->Write(Hello()));
  ASSERT_TRUE(older->Read(&response));
  grpc::ClientContext context;
  auto newer = client->Push(&context);
  ASSERT_TRUE(newer->Write(Hello()));
  ASSERT_TRUE(newer->Read(&response));

  EXPECT_FALSE(older->Read(&response));
  grpc::Status status = older->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(status.error_message(), HasSubstr("a newer stream of this probe took over"));
  EXPECT_EQ(Refused(older_context), "");

  ASSERT_TRUE(newer->Write(Batch(1)));
  ASSERT_TRUE(newer->Read(&response));
  EXPECT_EQ(response.ack().sequence(), 1u);
  newer->WritesDone();
  EXPECT_TRUE(newer->Finish().ok());
}

TEST_F(PushTest, ABatchBeforeTheHelloEndsTheStream) {
  auto client = v1::IngestService::NewStub(ConnectProbe());
  grpc::ClientContext context;
  auto stream = client->Push(&context);
  v1::PushResponse response;
  ASSERT_TRUE(stream->Write(Batch(1)));
  EXPECT_FALSE(stream->Read(&response));
  grpc::Status status = stream->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("hello"));
  EXPECT_EQ(Refused(context), "");  // the stream was at fault, not the batch
}

TEST_F(PushTest, StoppingEndsStreamsAfterTheirAcks) {
  auto client = v1::IngestService::NewStub(ConnectProbe());
  grpc::ClientContext context;
  auto stream = client->Push(&context);
  v1::PushResponse response;
  ASSERT_TRUE(stream->Write(Hello()));
  ASSERT_TRUE(stream->Read(&response));
  ASSERT_TRUE(stream->Write(Batch(1)));
  ASSERT_TRUE(stream->Read(&response));
  app_->Stop();
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

}  // namespace
}  // namespace forewarn
