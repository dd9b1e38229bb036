#include "collector/push_stream.h"

#include <gmock/gmock.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "forewarn/v1/ingest.grpc.pb.h"

namespace forewarn {
namespace {

using testing::HasSubstr;

const ProbeIdentity kProbe = {"acme", "prod", "2f1f0a4e-8f53-4c87-9f0e-0d8f5b8e6a11"};

// A shard's queue that has room or not, and whose commits are durable when the test says so. Hellos pass at once.
class Queue : public EntrySink {
 public:
  bool SubmitAll(std::span<Submission> together) override {
    std::lock_guard lock(mutex_);
    EXPECT_EQ(together.size(), 1u) << "a stream hands in one after the other";
    Submission& submission = together.front();
    if (std::holds_alternative<Command>(submission.entry.what)) {
      // As from the committer's thread: later, and not below the caller.
      std::thread([done = std::move(submission.done)] {
        done(OkStatus(), EncodeRecord(HelloReply{}));
      }).detach();
      return true;
    }
    ++asked_;
    if (!room_) return false;
    waiting_.push_back(std::move(submission));
    return true;
  }

  void SetRoom(bool room) {
    std::lock_guard lock(mutex_);
    room_ = room;
  }
  int asked() {
    std::lock_guard lock(mutex_);
    return asked_;
  }
  size_t waiting() {
    std::lock_guard lock(mutex_);
    return waiting_.size();
  }
  // The oldest that waits is durable.
  void Commit() {
    Submission submission;
    {
      std::lock_guard lock(mutex_);
      submission = std::move(waiting_.front());
      waiting_.pop_front();
    }
    submission.done(OkStatus(), EncodeRecord(BatchReply{}));
  }

 private:
  std::mutex mutex_;
  bool room_ = true;
  int asked_ = 0;
  std::deque<Submission> waiting_;
};

// Opens a PushStream for each call, and sees whether it is still there.
class Service : public v1::IngestService::WithRawCallbackMethod_Push<v1::IngestService::Service> {
 public:
  explicit Service(const Intake& intake) : intake_(intake) {}

  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* Push(
      grpc::CallbackServerContext* context) override {
    auto stream = std::make_shared<PushStream>(intake_, *context, kProbe);
    {
      std::lock_guard lock(mutex_);
      last_ = stream;
    }
    stream->Start();
    return stream.get();
  }

  bool LastIsGone() {
    std::lock_guard lock(mutex_);
    return last_.expired();
  }

 private:
  const Intake& intake_;
  std::mutex mutex_;
  std::weak_ptr<PushStream> last_;
};

class PushStreamTest : public testing::Test {
 protected:
  PushStreamTest() {
    grpc::ServerBuilder builder;
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    channel_ = server_->InProcessChannel({});
    stub_ = v1::IngestService::NewStub(channel_);
  }
  ~PushStreamTest() override { server_->Shutdown(); }

  using Stream = std::unique_ptr<grpc::ClientReaderWriter<v1::PushRequest, v1::PushResponse>>;

  Stream Open(grpc::ClientContext& context) {
    Stream stream = stub_->Push(&context);
    v1::PushRequest request;
    request.mutable_hello()->set_clock_ms(ToMillis(clock_.Now()));
    request.mutable_hello()->set_host("web-1");
    request.mutable_hello()->set_version("0.1.0");
    EXPECT_TRUE(stream->Write(request));
    v1::PushResponse response;
    EXPECT_TRUE(stream->Read(&response));
    EXPECT_TRUE(response.has_welcome());
    return stream;
  }

  static v1::PushRequest Batch(uint64_t sequence) {
    v1::PushRequest request;
    request.mutable_batch()->set_epoch(7);
    request.mutable_batch()->set_sequence(sequence);
    return request;
  }

  // Waits for what other threads are about to do.
  template <typename Condition>
  static bool Soon(Condition condition) {
    SystemClock clock;
    Duration end = clock.Monotonic() + 20s;
    while (!condition()) {
      if (clock.Monotonic() > end) return false;
      std::this_thread::yield();
    }
    return true;
  }

  Queue queue_;
  Metrics metrics_;
  SystemClock clock_;
  const Intake intake_{queue_, metrics_, clock_, LimitSettings()};
  Service service_{intake_};
  std::unique_ptr<grpc::Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::IngestService::Stub> stub_;
};

TEST_F(PushStreamTest, AFullQueueIsAMessageWithADelayAndALimitAndTheStreamGoesOn) {
  grpc::ClientContext context;
  Stream stream = Open(context);
  queue_.SetRoom(false);
  ASSERT_TRUE(stream->Write(Batch(1)));
  v1::PushResponse response;
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.ack().sequence(), 0u);
  EXPECT_GT(response.ack().delay_ms(), 0);
  EXPECT_EQ(response.ack().max_in_flight(), 1u);
  EXPECT_THAT(metrics_.Text(), HasSubstr("forewarn_ingest_slowed_down_total 1"));

  // It tries again by itself, more than once, and what it held is not lost.
  ASSERT_TRUE(Soon([&] { return queue_.asked() >= 3; }));
  queue_.SetRoom(true);
  ASSERT_TRUE(Soon([&] { return queue_.waiting() == 1; }));
  queue_.Commit();
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.ack().sequence(), 1u);
  EXPECT_EQ(response.ack().delay_ms(), 0);
  ASSERT_TRUE(stream->Write(Batch(2)));
  ASSERT_TRUE(Soon([&] { return queue_.waiting() == 1; }));
  queue_.Commit();
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.ack().sequence(), 2u);
  stream->WritesDone();
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(PushStreamTest, NothingOfAStreamThatHadToWaitStaysBehind) {
  {
    grpc::ClientContext context;
    Stream stream = Open(context);
    queue_.SetRoom(false);
    ASSERT_TRUE(stream->Write(Batch(1)));
    ASSERT_TRUE(Soon([&] { return queue_.asked() >= 3; }));
    queue_.SetRoom(true);
    ASSERT_TRUE(Soon([&] { return queue_.waiting() == 1; }));
    queue_.Commit();
    stream->WritesDone();
    v1::PushResponse response;
    while (stream->Read(&response)) {
    }
    EXPECT_TRUE(stream->Finish().ok());
  }
  EXPECT_TRUE(Soon([&] { return service_.LastIsGone(); }));
}

TEST_F(PushStreamTest, AStreamThatEndsWhileItHasToWaitLeavesNothingBehindEither) {
  grpc::ClientContext context;
  Stream stream = Open(context);
  queue_.SetRoom(false);
  ASSERT_TRUE(stream->Write(Batch(1)));
  ASSERT_TRUE(Soon([&] { return queue_.asked() >= 1; }));
  context.TryCancel();
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
  EXPECT_TRUE(Soon([&] { return service_.LastIsGone(); }));
}

TEST_F(PushStreamTest, ACommitThatComesAfterTheClientCancelledFindsTheStreamFinished) {
  grpc::ClientContext context;
  Stream stream = Open(context);
  ASSERT_TRUE(stream->Write(Batch(1)));
  ASSERT_TRUE(Soon([&] { return queue_.waiting() == 1; }));
  context.TryCancel();
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
  ASSERT_TRUE(
      Soon([&] { return metrics_.Text().find("forewarn_ingest_streams 0") != std::string::npos; }));
  EXPECT_FALSE(service_.LastIsGone());  // the commit under way holds it
  queue_.Commit();
  EXPECT_TRUE(Soon([&] { return service_.LastIsGone(); }));

  grpc::ClientContext next;
  Stream again = Open(next);
  again->WritesDone();
  EXPECT_TRUE(again->Finish().ok());
}

TEST_F(PushStreamTest, BytesThatAreNoRequestEndTheStreamWithAReasonAndAreCounted) {
  grpc::GenericStub generic(channel_);
  grpc::ClientContext context;
  grpc::CompletionQueue done;
  void* tag = nullptr;
  bool good = false;
  auto call = generic.PrepareCall(&context, "/forewarn.v1.IngestService/Push", &done);
  call->StartCall(nullptr);
  done.Next(&tag, &good);
  grpc::Slice garbage("\xff\xff\xff\xff", 4);
  call->Write(grpc::ByteBuffer(&garbage, 1), nullptr);
  done.Next(&tag, &good);
  grpc::Status status;
  call->Finish(&status, nullptr);
  done.Next(&tag, &good);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("no PushRequest"));
  EXPECT_THAT(metrics_.Text(), HasSubstr("forewarn_ingest_batches_total{result=\"refused\"} 1"));
}

}  // namespace
}  // namespace forewarn
