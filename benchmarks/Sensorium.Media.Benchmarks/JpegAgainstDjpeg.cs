using System.Diagnostics;
using System.Globalization;
using Sensorium.Media.Images;
using Sensorium.Media.Images.Jpeg;

namespace Sensorium.Media.Benchmarks;

/// <summary>Decodes a file by turns here, in a warm process, and by a run of djpeg, which starts in about two milliseconds and writes to nowhere.</summary>
static class JpegAgainstDjpeg
{
    public static string Measure(string file, int rounds)
    {
        byte[] data = File.ReadAllBytes(file);
        Image image = Ours(data);
        for (int i = 0; i < 40; i++)
        {
            Ours(data);
        }

        double[] ours = new double[rounds];
        double[] theirs = new double[rounds];
        for (int i = 0; i < rounds; i++)
        {
            long start = Stopwatch.GetTimestamp();
            Djpeg(file);
            theirs[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            start = Stopwatch.GetTimestamp();
            Ours(data);
            ours[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }

        Array.Sort(ours);
        Array.Sort(theirs);
        double our = ours[rounds / 2];
        double their = theirs[rounds / 2];
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Path.GetFileName(file)} ({image.Width} x {image.Height}): {our:F1} ms, djpeg {their:F1} ms, {100 * their / our:F0} % of its speed (medians; best {ours[0]:F1} and {theirs[0]:F1} ms)");
    }

    static Image Ours(byte[] data) => JpegDecoder.Decode(data, "benchmark", new MediaBudget());

    static void Djpeg(string file)
    {
        using Process process = Process.Start(new ProcessStartInfo("djpeg", ["-outfile", OperatingSystem.IsWindows() ? "NUL" : "/dev/null", file]))!;
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"djpeg failed on {file}.");
        }
    }
}
