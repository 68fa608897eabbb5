using System.Text.RegularExpressions;
using Sensorium.Text.Tokenizers;
using Sensorium.Text.Tokenizers.Patterns;
using Sensorium.Text.Tokenizers.Unicode;

namespace Sensorium.Text.Tests.Tokenizers;

public class RegexPatternTests
{
    static List<(int Start, int End)> Find(TextPattern pattern, string text)
    {
        var points = CodePoints.FromString(text);
        var matches = new List<(int Start, int End)>();
        long budget = TextPattern.Budget(points.Length);
        pattern.FindAll(points, matches, ref budget);
        return matches;
    }

    static RegexPattern Compile(string regex, RegexSyntax syntax = RegexSyntax.Oniguruma) => RegexPattern.General(regex, "test", "pattern", syntax);

    static string RandomText(Random random, string alphabet, int length)
    {
        var points = CodePoints.FromString(alphabet);
        return CodePoints.ToText([.. Enumerable.Range(0, length).Select(_ => points[random.Next(points.Length)])]);
    }

    // .NET's engine is the reference where the two spell patterns alike.
    [Theory]
    [InlineData("a|ab|abc")]
    [InlineData("(?:ab|a)(?:bc|c)?")]
    [InlineData("a*?b")]
    [InlineData("(?:a|b)*abb")]
    [InlineData("a{2,3}")]
    [InlineData("a{2,3}?b|c{0,2}d")]
    [InlineData("(?>a+|b)c")]
    [InlineData("a+(?!b)")]
    [InlineData("a(?=b*c)b")]
    [InlineData("(?<=a)b+")]
    [InlineData("(?<!a)b+")]
    [InlineData("[^ab]+|b")]
    [InlineData("(?:a*)*c|(?:ab)+")]
    [InlineData(@"\bab?\b")]
    [InlineData(@"(?i:A)b|c(?i)D")]
    public void Matches_as_a_backtracking_engine_does(string regex)
    {
        var random = new Random(regex.Length);
        var reference = new Regex(regex, RegexOptions.CultureInvariant, TimeSpan.FromSeconds(5));
        var pattern = Compile(regex);
        for (int i = 0; i < 400; i++)
        {
            string text = RandomText(random, "abcd A", random.Next(1, 14));
            var expected = reference.Matches(text).Where(m => m.Length > 0).Select(m => (m.Index, m.Index + m.Length)).ToList();
            Find(pattern, text).Where(m => m.End > m.Start).ShouldBe(expected, $"{regex} on '{text}'");
        }
    }

    [Theory]
    [InlineData(WordPattern.Gpt2Regex)]
    [InlineData(WordPattern.Llama3Regex)]
    [InlineData(WordPattern.Qwen2Regex)]
    public void Scanners_agree_with_the_patterns_they_stand_for(string regex)
    {
        var scanner = WordPattern.ForRegex(regex);
        scanner.ShouldNotBeNull();
        var general = Compile(regex);
        var random = new Random(7);
        for (int i = 0; i < 3000; i++)
        {
            string text = RandomText(random, "aéZ𐐀 \t\u00A0\u3000\n\r''''sStTrReEvVmMlLdD\u017F\u212A12½٣.,!?-😀\u0301", random.Next(1, 24));
            Find(scanner, text).ShouldBe(Find(general, text), $"'{text}'");
        }
    }

    [Fact]
    public void Works_on_code_points_beyond_the_basic_plane()
    {
        Find(Compile("."), "😀a").ShouldBe([(0, 1), (1, 2)]);
        Find(Compile(@"\p{L}+"), "𐐀𐐁1").ShouldBe([(0, 2)]);
        Find(Compile("[😀-😂]+"), "x😀😁y").ShouldBe([(1, 3)]);
        Find(Compile(@"\x{1F600}"), "😀").ShouldBe([(0, 1)]);
        Find(Compile(@"\p{Han}+|\p{Hiragana}+"), "日本のa").ShouldBe([(0, 2), (2, 3)]);
    }

    [Fact]
    public void Classes_nest_and_intersect()
    {
        Find(Compile("[a-z&&[^aeiou]]+"), "abcde").ShouldBe([(1, 4)]);
        Find(Compile("[[:upper:]_]+"), "aBC_d").ShouldBe([(1, 4)]);
        Find(Compile("[^[:space:]]+"), "a b").ShouldBe([(0, 1), (2, 3)]);
        Find(Compile(@"[\]\-a]+"), "x]-a").ShouldBe([(1, 4)]);
        Find(Compile("[]a]+"), "]a").ShouldBe([(0, 2)]);
    }

    [Fact]
    public void Possessive_intervals_differ_by_syntax()
    {
        Find(Compile(@"\d{1,3}+"), "12345").ShouldBe([(0, 5)]);
        Find(Compile(@"\d{1,3}+", RegexSyntax.Rust), "12345").ShouldBe([(0, 3), (3, 5)]);
        Find(Compile("a++a"), "aaa").ShouldBeEmpty();
    }

    [Fact]
    public void Empty_matches_mark_places()
    {
        Find(Compile("^"), "ab").ShouldBe([(0, 0)]);
        Find(Compile(@"(?=(?:\d{3})+(?!\d))"), "1234567").ShouldBe([(1, 1), (4, 4)]);
    }

    [Theory]
    [InlineData("(a*)*b")]
    [InlineData("(a|aa)+$b")]
    [InlineData("(a|a)*b")]
    [InlineData("(?:a?){30}a{30}b")]
    [InlineData(@"(\s+)+\S!")]
    [InlineData("(((a+)+)+)+b")]
    [InlineData("(?:(?:a{1,90})*){1,40}b")]
    [InlineData("(?:a{0,900}){2}b")]
    [InlineData("(?=(?:a+)+b)a")]
    [InlineData("(?!(?:a*a*)*$)b")]
    [InlineData("(?>(?:a|aa)+)b")]
    [InlineData("(?:(?=a)a|a)*b")]
    public void Hostile_patterns_do_not_blow_up(string regex)
    {
        string text = new('a', 20_000);
        Should.NotThrow(() =>
        {
            try
            {
                Find(Compile(regex), text + new string(' ', 20_000)).ShouldBeEmpty();
            }
            catch (TokenizerException e)
            {
                e.Message.ShouldContain("too many steps");
            }
        });
    }

    [Theory]
    [InlineData("(")]
    [InlineData(")")]
    [InlineData("[a")]
    [InlineData("*a")]
    [InlineData(@"\")]
    [InlineData(@"\p{Nonsense}")]
    [InlineData(@"(a)\1")]
    [InlineData("[b-a]")]
    [InlineData("a{5000}")]
    [InlineData("(?:a{900}){900}")]
    [InlineData("(?<=a+)b")]
    [InlineData("(?x: a )")]
    public void Malformed_patterns_are_refused_with_file_and_key(string regex)
    {
        var e = Should.Throw<TokenizerException>(() => RegexPattern.Compile(regex, "tokenizer.json", "pre_tokenizer.pattern.Regex"));
        e.File.ShouldBe("tokenizer.json");
        e.Key.ShouldBe("pre_tokenizer.pattern.Regex");
    }

    [Theory]
    [InlineData(@"(a)\1", @"\1")]
    [InlineData(@"(?<n>a)\k<n>", @"\k")]
    [InlineData(@"\g<n>", @"\g")]
    [InlineData("a{5000}", "repetition of more than")]
    [InlineData("(?:(?:(?:a{200}){200}){200}){200}", "instructions")]
    [InlineData("(?:a|b|c){900}{900}", "instructions")]
    public void What_is_refused_is_named(string regex, string name) =>
        Should.Throw<TokenizerException>(() => RegexPattern.Compile(regex, "tokenizer.json", "pre_tokenizer.pattern.Regex")).Message.ShouldContain(name);

    [Fact]
    public void Deep_nesting_is_refused()
    {
        Should.Throw<TokenizerException>(() => RegexPattern.Compile(new string('(', 10_000) + new string(')', 10_000), "f", "k"));
        Should.Throw<TokenizerException>(() => RegexPattern.Compile(new string('[', 10_000), "f", "k"));
    }
}
