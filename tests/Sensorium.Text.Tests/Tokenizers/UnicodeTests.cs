using System.Text;
using Sensorium.Text.Tokenizers;
using Sensorium.Text.Tokenizers.Unicode;

namespace Sensorium.Text.Tests.Tokenizers;

public class UnicodeTests
{
    static string Normalize(string text, bool compose, bool compatibility)
    {
        var points = CodePoints.FromString(text);
        var changes = compose ? NormalizationForms.Recompose(points, compatibility) : NormalizationForms.Decompose(points, compatibility);
        return CodePoints.ToText([.. changes.Select(c => c.Char)]);
    }

    // Rows of the form source; NFC; NFD; NFKC; NFKD, from the Unicode Character Database's NormalizationTest.txt.
    [Theory]
    [InlineData("\u1E0A", "\u1E0A", "D\u0307", "\u1E0A", "D\u0307")]
    [InlineData("\u1E0A\u0323", "\u1E0C\u0307", "D\u0323\u0307", "\u1E0C\u0307", "D\u0323\u0307")]
    [InlineData("\u212B", "\u00C5", "A\u030A", "\u00C5", "A\u030A")]
    [InlineData("\uAC01", "\uAC01", "\u1100\u1161\u11A8", "\uAC01", "\u1100\u1161\u11A8")]
    [InlineData("\uFB01", "\uFB01", "\uFB01", "fi", "fi")]
    [InlineData("\uFDFA", "\uFDFA", "\uFDFA", "\u0635\u0644\u0649 \u0627\u0644\u0644\u0647 \u0639\u0644\u064A\u0647 \u0648\u0633\u0644\u0645", "\u0635\u0644\u0649 \u0627\u0644\u0644\u0647 \u0639\u0644\u064A\u0647 \u0648\u0633\u0644\u0645")]
    [InlineData("\U0001D15E", "\U0001D157\U0001D165", "\U0001D157\U0001D165", "\U0001D157\U0001D165", "\U0001D157\U0001D165")]
    [InlineData("\u0958", "\u0915\u093C", "\u0915\u093C", "\u0915\u093C", "\u0915\u093C")]
    [InlineData("a\u0315\u0300\u05AE\u0062", "\u00E0\u05AE\u0315b", "a\u05AE\u0300\u0315b", "\u00E0\u05AE\u0315b", "a\u05AE\u0300\u0315b")]
    public void Normalization_forms(string source, string nfc, string nfd, string nfkc, string nfkd)
    {
        Normalize(source, true, false).ShouldBe(nfc);
        Normalize(source, false, false).ShouldBe(nfd);
        Normalize(source, true, true).ShouldBe(nfkc);
        Normalize(source, false, true).ShouldBe(nfkd);
    }

    [Fact]
    public void Normalizing_twice_changes_nothing()
    {
        var random = new Random(1);
        for (int round = 0; round < 300; round++)
        {
            var builder = new StringBuilder();
            for (int i = 0; i < 12; i++) CodePoints.Append(builder, random.Next(4) switch { 0 => random.Next(0x300, 0x370), 1 => random.Next(0xAC00, 0xD7A4), 2 => random.Next(0x1100, 0x1200), _ => random.Next(0x20, 0x2000) });
            foreach (bool compatibility in (bool[])[false, true])
            {
                string composed = Normalize(builder.ToString(), true, compatibility), decomposed = Normalize(builder.ToString(), false, compatibility);
                Normalize(composed, true, compatibility).ShouldBe(composed);
                Normalize(decomposed, false, compatibility).ShouldBe(decomposed);
                Normalize(composed, false, compatibility).ShouldBe(decomposed);
                Normalize(decomposed, true, compatibility).ShouldBe(composed);
            }
        }
    }

    [Fact]
    public void Lone_surrogates_become_replacement_characters()
    {
        CodePoints.FromString("a\uD83Db\uDE00\uD83D\uDE00").ShouldBe(['a', 0xFFFD, 'b', 0xFFFD, 0x1F600]);
        Small.ByteLevelTokenizer.Decode(Small.ByteLevelTokenizer.EncodeIds("x\uD83D")).ShouldBe("x\uFFFD");
    }

    [Theory]
    [InlineData('a', true, false, false)]
    [InlineData('½', false, true, false)]
    [InlineData(0x2003, false, false, true)]
    [InlineData(0x10400, true, false, false)]
    [InlineData(0x1D7D8, false, true, false)]
    [InlineData(0x180E, false, false, false)]
    [InlineData(0x1F600, false, false, false)]
    public void Classes_by_code_point(int c, bool letter, bool number, bool space)
    {
        CharClass.IsLetter(c).ShouldBe(letter);
        CharClass.IsNumber(c).ShouldBe(number);
        CharClass.IsWhiteSpace(c).ShouldBe(space);
    }
}
