using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using Sensorium.Models.Loading;

namespace Sensorium.Text.Benchmarks;

/// <summary>From a path to a tokenizer that can be used: the first time in the process, and again.</summary>
static class Opening
{
    public static string Measure(string path, int rounds)
    {
        var times = new double[rounds];
        var busy = new double[rounds];
        for (int i = 0; i < rounds; i++)
        {
            GC.Collect();
            TimeSpan before = Environment.CpuUsage.TotalTime;
            long start = Stopwatch.GetTimestamp();
            TokenizerFiles.Read(path);
            times[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            busy[i] = (Environment.CpuUsage.TotalTime - before).TotalMilliseconds;
        }

        double first = times[0];
        Array.Sort(busy);
        Array.Sort(times);
        return string.Create(CultureInfo.InvariantCulture, $"open {Path.GetFileName(path)}: first {first:F0} ms, median {times[rounds / 2]:F0} ms, best {times[0]:F0} ms; processor {busy[rounds / 2]:F0} ms");
    }

    /// <summary>The path itself, or where a gzipped file was unpacked to.</summary>
    public static string Unpacked(string path)
    {
        if (!path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase))
        {
            return path;
        }

        string folder = Directory.CreateTempSubdirectory("sensorium-benchmark").FullName;
        string unpacked = Path.Combine(folder, path.Contains("tokenizer.json", StringComparison.Ordinal) ? "tokenizer.json" : Path.GetFileNameWithoutExtension(path));
        using var zip = new GZipStream(File.OpenRead(path), CompressionMode.Decompress);
        using FileStream file = File.Create(unpacked);
        zip.CopyTo(file);
        return unpacked;
    }
}
