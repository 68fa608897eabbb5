using Sensorium.Text.Tokenizers;

namespace Sensorium.Text.Tests.Tokenizers;

/// <summary>A megabyte of one thing: what is quadratic would not end.</summary>
public class LongTextTests
{
    const int Megabyte = 1 << 20;

    static string Fill(string unit) => string.Concat(Enumerable.Repeat(unit, Megabyte / unit.Length));

    static readonly string[] Units = ["a", " ", "\u0301", "\n", "'", "1", "😀", "a ", "日", "👩\u200D👩\u200D👧", "thequickbrownfox", "▁"];

    static void All(Tokenizer tokenizer, bool roundTrip)
    {
        foreach (string unit in Units)
        {
            string text = Fill(unit);
            int[] ids = tokenizer.EncodeIds(text, false);
            if (roundTrip) tokenizer.Decode(ids).ShouldBe(text);
        }
    }

    [Fact]
    public void Byte_level_bpe() => All(Small.ByteLevelTokenizer, true);

    [Fact]
    public void Llama_3_splitting() => All(Small.ByteLevelWith($$"""
        {"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":{{System.Text.Json.JsonSerializer.Serialize(Text.Tokenizers.Patterns.WordPattern.Llama3Regex)}}},"behavior":"Isolated"},{"type":"ByteLevel","add_prefix_space":false,"use_regex":false}]}
        """, """{"type":"NFC"}"""), false);

    [Fact]
    public void Any_regex() => All(Small.ByteLevelWith("""
        {"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{M}]*[\\p{Ll}\\p{M}]+|\\p{N}{1,3}|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"},"behavior":"Isolated"},{"type":"ByteLevel","add_prefix_space":false,"use_regex":false}]}
        """), true);

    [Fact]
    public void Scored_bpe_over_the_whole_text() => All(Tokenizer.FromGguf(Small.SentencePiece(("▁", -5), ("a", -6), ("aa", -1), ("aaaa", -2), ("▁a", -3), ("▁▁", -4)), "spm.gguf"), false);

    [Fact]
    public void Unigram() => All(Small.Load("""{"type":"Unigram","unk_id":0,"vocab":[["<unk>",0],["a",-3],["aa",-4],["▁",-2],["▁a",-2.5],["1",-5]]}""", """{"type":"Metaspace","replacement":"▁","prepend_scheme":"always"}""", normalizer: """{"type":"NFKC"}"""), false);

    [Fact]
    public void Byte_fallback_bpe_over_the_whole_text() => All(Small.Load("""{"type":"BPE","byte_fallback":true,"fuse_unk":true,"unk_token":"<unk>","vocab":{"<unk>":0,"▁":1,"a":2,"aa":3,"▁a":4,"aaaa":5,"a▁":6,"▁▁":7},"merges":["a a","▁ a","aa aa","a ▁","▁ ▁"]}""", normalizer: """{"type":"Replace","pattern":{"String":" "},"content":"▁"}"""), false);

    [Fact]
    public void Special_tokens_of_every_length()
    {
        // Tokens of one to thirty spaces, as several vocabularies have them: at each place many are possible.
        var spaces = Enumerable.Range(1, 30).Select(n => new string(' ', n)).ToList();
        var source = Small.SentencePiece([("a", -1), .. spaces.Select(s => (s, 0f))]);
        var types = source.TokenTypes!.ToArray();
        for (int i = 260; i < types.Length; i++) types[i] = 4;
        All(Tokenizer.FromGguf(source with { TokenTypes = types }, "spaces.gguf"), false);
    }

    [Fact]
    public void Word_piece() => All(Small.Load("""{"type":"WordPiece","unk_token":"[UNK]","max_input_chars_per_word":100000000,"vocab":{"[UNK]":0,"a":1,"##a":2,"##aa":3}}""", """{"type":"BertPreTokenizer"}""", normalizer: """{"type":"BertNormalizer"}"""), false);
}
