using System.Text;
using Sensorium.Text.Tokenizers;

namespace Sensorium.Text.Tests.Tokenizers;

public class StreamingDecoderTests
{
    static readonly string[] Decoders =
    [
        """{"type":"ByteLevel"}""",
        """{"type":"Metaspace","replacement":"▁","prepend_scheme":"always"}""",
        """{"type":"WordPiece","prefix":"##","cleanup":true}""",
        """{"type":"BPEDecoder","suffix":"</w>"}""",
        """{"type":"CTC"}""",
        """{"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"▁"},"content":" "},{"type":"ByteFallback"},{"type":"Fuse"},{"type":"Strip","content":" ","start":1,"stop":2}]}""",
        """{"type":"Sequence","decoders":[{"type":"Fuse"},{"type":"Replace","pattern":{"Regex":"a+"},"content":"-"}]}""",
    ];

    // Tokens that every decoder has something to do with.
    static readonly string[] Tokens =
    [
        "a", "b", "▁", "▁the", "##ing", "Ġx", "ðŁĺ", "Ģ", "Ã", "©", "<0xF0>", "<0x9F>", "<0x98>", "<0x80>", "<0xC3>", "<0xFF>", "lo</w>", "<pad>", "|", " ", "  ", " .", " '", "s", " n", "'t", "。", "<s>", "😀", "",
    ];

    static Tokenizer With(string? decoder, bool cleanUp)
    {
        string vocabulary = string.Join(",", Tokens.Select((t, i) => System.Text.Json.JsonSerializer.Serialize(t) + ":" + i.ToString(System.Globalization.CultureInfo.InvariantCulture)));
        byte[] json = Small.Json("{\"type\":\"WordLevel\",\"unk_token\":\"a\",\"vocab\":{" + vocabulary + "}}", decoder: decoder, added: """[{"id":27,"content":"<s>","special":true}]""");
        return Tokenizer.FromJson(json, "decoders.json", Encoding.UTF8.GetBytes($$"""{"clean_up_tokenization_spaces":{{(cleanUp ? "true" : "false")}}}"""));
    }

    [Fact]
    public void Streaming_gives_exactly_the_whole_text()
    {
        var random = new Random(3);
        foreach (string? decoder in Decoders.Append(null))
        {
            foreach (bool cleanUp in (bool[])[false, true])
            {
                var tokenizer = With(decoder, cleanUp);
                for (int round = 0; round < 300; round++)
                {
                    int[] ids = [.. Enumerable.Range(0, random.Next(12)).Select(_ => random.Next(Tokens.Length + 1))];
                    bool skip = random.Next(2) == 0;
                    var stream = tokenizer.CreateStreamingDecoder(skip);
                    var text = new StringBuilder();
                    foreach (int id in ids)
                    {
                        string part = stream.Append(id);
                        if (part.Length > 0) char.IsHighSurrogate(part[^1]).ShouldBeFalse();
                        text.Append(part);
                    }
                    text.Append(stream.Flush());
                    text.ToString().ShouldBe(tokenizer.Decode(ids, skip), $"{decoder}: {string.Join(" ", ids)}");
                }
            }
        }
    }

    // transformers' clean_up_tokenization on the whole text is what the streaming one must come to.
    [Fact]
    public void Clean_up_equals_that_of_the_whole_text()
    {
        var plain = With("""{"type":"Fuse"}""", false);
        var random = new Random(5);
        for (int round = 0; round < 2000; round++)
        {
            int[] ids = [.. Enumerable.Range(0, 14).Select(_ => (int[])[0, 19, 20, 21, 22, 23, 24, 25, 6 + 13] is var few ? few[random.Next(few.Length)] : 0)];
            string whole = plain.Decode(ids);
            foreach (var (from, to) in (ReadOnlySpan<(string, string)>)[(" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"), (" 'm", "'m"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re")])
            {
                whole = whole.Replace(from, to, StringComparison.Ordinal);
            }
            plain.Decode(ids, cleanUp: true).ShouldBe(whole);
        }
    }

    [Fact]
    public void Half_a_code_point_waits()
    {
        var tokenizer = With(Decoders[0], false);
        var stream = tokenizer.CreateStreamingDecoder();
        stream.Append(6).ShouldBe("");
        stream.Append(7).ShouldBe("😀");
        stream.Append(8).ShouldBe("");
        stream.Flush().ShouldBe("\uFFFD");
        Should.Throw<InvalidOperationException>(() => stream.Append(0));
    }

    [Fact]
    public void Byte_tokens_count_only_as_a_valid_run()
    {
        var tokenizer = With(Decoders[5], false);
        tokenizer.Decode([3, 10, 11, 12, 13]).ShouldBe("the😀");
        tokenizer.Decode([3, 10, 11, 12, 15]).ShouldBe("the\uFFFD\uFFFD\uFFFD\uFFFD");
    }
}
