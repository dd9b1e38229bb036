#include "store/series_rows.h"

#include <gtest/gtest.h>

#include <string>

#include "base/record.h"
#include "base/rng.h"

namespace forewarn {
namespace {

using Many = std::vector<NewSeries>;

void ExpectReadsBack(const Many& series, const std::vector<SeriesRow>& rows) {
  size_t next = 0;
  for (const SeriesRow& row : rows) {
    StatusOr<Many> read = DecodeSeriesRow(row.first, row.bytes);
    ASSERT_TRUE(read.ok()) << read.status().message();
    for (const NewSeries& one : *read) {
      ASSERT_LT(next, series.size());
      EXPECT_EQ(one.id, series[next].id);
      EXPECT_EQ(one.labels, series[next].labels);
      ++next;
    }
  }
  EXPECT_EQ(next, series.size());
}

Many OfAHost(SeriesId first, int count) {
  Many series;
  for (int i = 0; i < count; ++i) {
    series.push_back({first + static_cast<SeriesId>(i),
                      {{"__name__", "metric_" + std::to_string(i)},
                       {"customer", "acme"},
                       {"host", "host-1.example.net"},
                       {"job", "node"}}});
  }
  return series;
}

TEST(SeriesRows, SayOfEachSeriesWhatTheOneBeforeDidNot) {
  const Many series = {
      {7, {{"a", "1"}, {"c", "3"}}}, {8, {{"a", "2"}, {"c", "3"}}}, {9, {{"b", "x"}, {"c", "3"}}}};
  std::vector<SeriesRow> rows = EncodeSeriesRows(series);
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].first, 7u);
  EXPECT_EQ(rows[0].bytes, std::string("\x01"
                                       "\x0a\x01"
                                       "a\x01"
                                       "1\x01"
                                       "c\x01"
                                       "3\x00"
                                       "\x05\x01"
                                       "2\x04\x00"
                                       "\x07\x06\x01"
                                       "b\x01"
                                       "x\x04\x00",
                                       24));
  ExpectReadsBack(series, rows);
}

TEST(SeriesRows, OfOneHostTakeLittleMoreThanTheirNames) {
  const Many series = OfAHost(1, 1000);
  std::vector<SeriesRow> rows = EncodeSeriesRows(series);
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_LT(rows[0].bytes.size(), 16'000u);
  ExpectReadsBack(series, rows);
}

TEST(SeriesRows, BeginAnewAfterAHoleAndWhenTheyAreLarge) {
  Many series = OfAHost(5, 2);
  for (NewSeries& more : OfAHost(100, 10'000)) series.push_back(std::move(more));
  std::vector<SeriesRow> rows = EncodeSeriesRows(series);
  ASSERT_GT(rows.size(), 3u);
  EXPECT_EQ(rows[1].first, 100u);
  ExpectReadsBack(series, rows);

  Many alike;  // little in a row, much when it is read
  for (SeriesId id = 1; id <= 100; ++id) {
    alike.push_back({id, {{"a", std::to_string(id)}, {"long", std::string(50'000, 'x')}}});
  }
  rows = EncodeSeriesRows(alike);
  EXPECT_GT(rows.size(), 3u);
  ExpectReadsBack(alike, rows);
  EXPECT_TRUE(EncodeSeriesRows({}).empty());
}

TEST(SeriesRows, ReadBackWhateverLabelsThereAre) {
  Rng rng(11);
  Many series;
  for (SeriesId id = 1; id <= 2000; ++id) {
    Labels labels;
    for (const char* name : {"", "a", "b", "bb", "c", "d"}) {
      if (rng.Below(3) > 0) labels.Set(name, std::string(1 + rng.Below(2), 'x') + "\xff");
    }
    series.push_back({id + static_cast<SeriesId>(rng.Below(2)), labels});
    if (series.size() > 1 && series.back().id <= series[series.size() - 2].id) series.pop_back();
  }
  ExpectReadsBack(series, EncodeSeriesRows(series));
}

TEST(SeriesRows, OfOlderFormatsHaveOneSeries) {
  const Labels labels{{"__name__", "up"}, {"job", "b"}};
  StatusOr<Many> read = DecodeSeriesRow(3, EncodeRecord(labels));
  ASSERT_TRUE(read.ok());
  ExpectReadsBack({{3, labels}}, {{3, EncodeRecord(labels)}});
  ExpectReadsBack({{3, {}}}, {{3, ""}});
}

TEST(SeriesRows, WhatNobodyWroteIsRefused) {
  const std::string a =
      "\x0a\x01"
      "a\x01"
      "1\x01"
      "c\x01"
      "3";
  const std::string end("\0", 1);
  const std::string one = "\x01" + a + end;
  ASSERT_TRUE(DecodeSeriesRow(1, one).ok());
  for (const auto& [bytes, what] : std::vector<std::pair<std::string, std::string>>{
           {"\x01", "a row without series"},
           {"\x01" + a, "a series that does not end"},
           {one + "\x0c" + end, "more labels of the one before than it has"},
           {one + "\x04\x05", "cut short"},
           {one + "\x05" + end + end, "an empty value"},
           {one +
                "\x04\x06\x01"
                "a\x01"
                "z" +
                end,
            "a name twice"},
           {one +
                "\x06\x01"
                "b\x01"
                "z\x04" +
                end,
            "names out of order"},
           {one + "\x01" + end, "a step of nothing"},
           {one + "\xfe\xff\xff\xff\xff\x0f" + end, "more labels than there are bytes"}}) {
    EXPECT_EQ(DecodeSeriesRow(1, bytes).status().code(), Code::kDataLoss) << what;
  }
  EXPECT_FALSE(DecodeSeriesRow(4'294'967'295, one + "\x08" + end).ok()) << "no such number";
}

TEST(SeriesRows, FewBadBytesDoNotBecomeMany) {
  std::string bytes = EncodeSeriesRows(Many{{1, {{"a", std::string(30'000, 'x')}}}})[0].bytes;
  for (int i = 0; i < 100'000; ++i) bytes += std::string("\x04\0", 2);
  EXPECT_FALSE(DecodeSeriesRow(1, bytes).ok());
}

TEST(SeriesRows, EveryCutIsRefusedOrHoldsWholeSeries) {
  const Many series = OfAHost(1, 5);
  const std::string bytes = EncodeSeriesRows(series)[0].bytes;
  for (size_t size = 1; size < bytes.size(); ++size) {
    StatusOr<Many> cut = DecodeSeriesRow(1, std::string_view(bytes).substr(0, size));
    if (!cut.ok()) continue;
    ASSERT_LT(cut->size(), series.size());
    for (size_t i = 0; i < cut->size(); ++i) EXPECT_EQ((*cut)[i].labels, series[i].labels);
  }
}

}  // namespace
}  // namespace forewarn
