#include "bench/post_listener.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "base/queue.h"
#include "bench/http_connection.h"
#include "bench/timing.h"

namespace forewarn::bench {
namespace {

struct Post {
  std::string body;
  double at = 0;
};

class PostListenerTest : public testing::Test {
 protected:
  void SetUp() override {
    auto listener = PostListener::Open({}, [this](const std::string& body, double at) {
      posts_.Push({body, at});
    });
    ASSERT_TRUE(listener.ok()) << listener.status().ToString();
    listener_ = *std::move(listener);
  }

  BoundedQueue<Post> posts_{16};
  std::unique_ptr<PostListener> listener_;
};

TEST_F(PostListenerTest, TakesPostsOverConnectionsThatStayAndSaysWhenTheyCame) {
  HttpConnection one(listener_->port()), two(listener_->port());
  const double begin = Seconds();
  // The second is longer than what one read takes.
  for (const std::string& body : {std::string("first"), std::string(200'000, 'x'), std::string()}) {
    for (HttpConnection* connection : {&one, &two}) {
      StatusOr<HttpAnswer> answer = connection->Call("POST", "/hook", "", body);
      ASSERT_TRUE(answer.ok()) << answer.status().ToString();
      EXPECT_EQ(answer->status, 200);
      std::optional<Post> post = posts_.Pop(10s);
      ASSERT_TRUE(post.has_value());
      EXPECT_EQ(post->body, body);
      EXPECT_GE(post->at, begin);
      EXPECT_LE(post->at, Seconds());
    }
  }
  EXPECT_EQ(listener_->refused(), 0U);
}

TEST_F(PostListenerTest, RefusesWhatIsNoPostAndGoesOn) {
  HttpConnection connection(listener_->port());
  StatusOr<HttpAnswer> answer = connection.Call("GET", "/hook", "", "");
  ASSERT_TRUE(answer.ok()) << answer.status().ToString();
  EXPECT_EQ(answer->status, 400);
  EXPECT_EQ(listener_->refused(), 1U);
  ASSERT_TRUE(connection.Call("POST", "/hook", "", "body").ok());
  EXPECT_EQ(posts_.Pop(10s)->body, "body");
}

TEST_F(PostListenerTest, WantsACertificateThatCanBeRead) {
  auto listener = PostListener::Open({"/nonexistent/cert.pem", "/nonexistent/key.pem"}, {});
  EXPECT_EQ(listener.status().code(), Code::kInvalidArgument);
  EXPECT_NE(listener.status().message().find("/nonexistent/key.pem"), std::string::npos);
}

}  // namespace
}  // namespace forewarn::bench
