#include "notifier/mime.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace forewarn {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Mail : public ::testing::Test {
 protected:
  Mail() {
    notification_.audience = Audience::kCustomer;
    notification_.created_at = FromMillis(1'777'629'600'000);
    message_.id = "7-42-0";
    message_.ticket = 71;
    message_.subject = "Disk full soon";
    message_.text = "Hello\n";
    message_.html = "<p>Hello</p>\n";
    message_.to = {"a@example.com", "Bo <b@example.com>"};
    message_.reply_to = "owner@example.com";
    message_.notification = &notification_;
  }
  std::string Build() {
    StatusOr<std::string> mail = BuildMail(message_, {"Forewarn", "forewarn@vendor.example.com"});
    EXPECT_TRUE(mail.ok()) << mail.status().ToString();
    return mail.ok() ? *mail : "";
  }

  Notification notification_;
  Message message_;
};

TEST_F(Mail, HasWhatThreadsItAndMarksItAsAutomatic) {
  std::string mail = Build();
  for (const char* header :
       {"From: \"Forewarn\" <forewarn@vendor.example.com>\r\n",
        "To: a@example.com,\r\n \"Bo\" <b@example.com>\r\n", "Reply-To: owner@example.com\r\n",
        "Subject: Disk full soon\r\n", "Date: Fri, 01 May 2026 10:00:00 +0000\r\n",
        "Message-ID: <7-42-0@vendor.example.com>\r\n",
        "In-Reply-To: <FW-71.customer@vendor.example.com>\r\n",
        "References: <FW-71.customer@vendor.example.com>\r\n", "Auto-Submitted: auto-generated\r\n",
        "X-Forewarn-Delivery: 7-42-0\r\n", "X-Forewarn-Ticket: FW-71\r\n"}) {
    EXPECT_THAT(mail, HasSubstr(header));
  }
  EXPECT_THAT(mail, HasSubstr("Content-Type: text/plain; charset=utf-8\r\n"
                              "Content-Transfer-Encoding: base64\r\n\r\nSGVsbG8K\r\n"));
  EXPECT_THAT(mail, HasSubstr("Content-Type: text/html; charset=utf-8\r\n"));
  EXPECT_EQ(mail, Build()) << "the same message is the same mail";
}

TEST_F(Mail, SupportAndCustomerAreThreadsOfTheirOwn) {
  notification_.audience = Audience::kSupport;
  EXPECT_THAT(Build(), HasSubstr("References: <FW-71.support@vendor.example.com>\r\n"));
}

TEST_F(Mail, NoLineIsTooLongAndEveryLineEndsProperly) {
  message_.text = std::string(5000, 'x');
  message_.subject = std::string(1500, 'y');
  std::string mail = Build();
  size_t from = 0;
  while (from < mail.size()) {
    size_t end = mail.find('\n', from);
    ASSERT_NE(end, std::string::npos);
    EXPECT_EQ(mail[end - 1], '\r');
    EXPECT_LE(end - from, 79u);
    from = end + 1;
  }
}

TEST_F(Mail, NothingInASubjectBecomesAHeader) {
  message_.subject = "x\r\nBcc: victim@example.com\r\n\r\nbody";
  std::string mail = Build();
  EXPECT_THAT(mail, Not(HasSubstr("\nBcc:")));
  EXPECT_THAT(mail, HasSubstr("Subject: x  Bcc: victim@example.com    body\r\n"));
}

TEST_F(Mail, RefusesAddressesThatAreNone) {
  for (const char* address :
       {"", "a", "@example.com", "a@", "a@b@c", "a b@example.com", "a@example.com\r\nBcc: b@c.d",
        "a@example.com,b@example.com", "<a@example.com", "ü@example.com"}) {
    message_.to = {address};
    EXPECT_EQ(BuildMail(message_, {"", "f@example.com"}).status().code(), Code::kInvalidArgument)
        << address;
  }
  message_.to = {};
  EXPECT_FALSE(BuildMail(message_, {"", "f@example.com"}).ok());
  message_.to = {"a@example.com"};
  message_.reply_to = "x\r\nBcc: victim@example.com";
  EXPECT_FALSE(BuildMail(message_, {"", "f@example.com"}).ok());
}

TEST(MailAddress, HasANameOrNot) {
  EXPECT_EQ(ParseMailAddress("a@example.com")->name, "");
  EXPECT_EQ(ParseMailAddress("支持 <a@example.com>")->name, "支持");
  EXPECT_EQ(ParseMailAddress("支持 <a@example.com>")->address, "a@example.com");
}

TEST(EncodeHeader, LeavesPlainTextAlone) {
  EXPECT_EQ(EncodeHeader("[FW-7] a, b: c?"), "[FW-7] a, b: c?");
}

TEST(EncodeHeader, EncodesInWordsThatEndOnACharactersBorder) {
  EXPECT_EQ(EncodeHeader("磁盘"), "=?UTF-8?B?56OB55uY?=");
  EXPECT_EQ(EncodeHeader("=?UTF-8?B?eA==?="), "=?UTF-8?B?PT9VVEYtOD9CP2VBPT0/PQ==?=")
      << "what looks encoded is not taken for it";
  std::string words = EncodeHeader("磁盘磁盘磁盘磁盘磁盘磁盘磁盘磁盘磁盘磁盘");
  EXPECT_THAT(words, HasSubstr("?=\r\n =?UTF-8?B?"));
  // 39 bytes are 13 whole characters; after one of a single byte only 12 fit.
  EXPECT_TRUE(
      words.starts_with("=?UTF-8?B?" + EncodeBase64("磁盘磁盘磁盘磁盘磁盘磁盘磁") + "?=\r\n "));
  std::string mixed = EncodeHeader("a磁盘磁盘磁盘磁盘磁盘磁盘磁盘");
  EXPECT_TRUE(
      mixed.starts_with("=?UTF-8?B?" + EncodeBase64("a磁盘磁盘磁盘磁盘磁盘磁盘") + "?=\r\n "));
}

TEST(EncodeBase64, MatchesTheStandardsExamples) {
  EXPECT_EQ(EncodeBase64(""), "");
  EXPECT_EQ(EncodeBase64("f"), "Zg==");
  EXPECT_EQ(EncodeBase64("fo"), "Zm8=");
  EXPECT_EQ(EncodeBase64("foo"), "Zm9v");
  EXPECT_EQ(EncodeBase64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(EncodeBase64("\xff\xfe\xfd"), "//79");
}

TEST(MailDate, IsThatOfTheStandard) {
  EXPECT_EQ(FormatMailDate(FromMillis(0)), "Thu, 01 Jan 1970 00:00:00 +0000");
  EXPECT_EQ(FormatMailDate(FromMillis(1'709'208'059'999)), "Thu, 29 Feb 2024 12:00:59 +0000");
}

}  // namespace
}  // namespace forewarn
