using System.Diagnostics;
using System.Globalization;
using Sensorium.Models.Loading;
using Sensorium.Text.Tokenizers;

namespace Sensorium.Text.Benchmarks;

/// <summary>A megabyte of text to ids.</summary>
static class Encoding
{
    const int Megabyte = 1 << 20;

    public static string Measure(string path, string source, int rounds)
    {
        string text = source.Length >= Megabyte ? source[..Megabyte] : string.Concat(Enumerable.Repeat(source, Megabyte / Math.Max(1, source.Length) + 1))[..Megabyte];
        Tokenizer warm = TokenizerFiles.Read(path);
        int count = 0;
        for (int i = 0; i < 5; i++)
        {
            count = warm.EncodeIds(text).Length;
        }

        var fresh = new double[rounds];
        var again = new double[rounds];
        for (int i = 0; i < rounds; i++)
        {
            again[i] = Time(warm, text);
            if (i < 5)
            {
                fresh[i] = Time(TokenizerFiles.Read(path), text);
            }
        }

        Array.Sort(again);
        Array.Sort(fresh, 0, 5);
        return string.Create(CultureInfo.InvariantCulture, $"encode {text.Length} characters to {count} ids: by a fresh tokenizer {fresh[2]:F0} ms, again {again[rounds / 2]:F0} ms (medians; best {fresh[0]:F0} and {again[0]:F0} ms)");
    }

    static double Time(Tokenizer tokenizer, string text)
    {
        long start = Stopwatch.GetTimestamp();
        tokenizer.EncodeIds(text);
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }
}
