using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using Sensorium.Fuzzing;

namespace Sensorium.Fuzz;

/// <summary>A run of one parser for a time, or until a finding.</summary>
sealed class Session(FuzzParser parser, int seed, TimeSpan time)
{
    const int Found = 1;
    static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    /// <summary>After this it will hardly come back.</summary>
    static readonly TimeSpan Hangs = TimeSpan.FromSeconds(20);

    readonly string running = Path.Combine(Environment.CurrentDirectory, $"fuzz-{parser.Name}-running.bin");
    Finding? finding;
    byte[] current = [];
    long currentSince = Environment.TickCount64;
    long inputs;
    volatile bool stop;

    /// <summary>The exit code: 0, or 1 with a finding.</summary>
    public int Run()
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{parser.Name}: {parser.Seeds().Count} seeds, {time.TotalMinutes:0.##} minutes, --seed {seed}"));
        var work = new Thread(Work) { IsBackground = true, Name = "parser" };
        work.Start();
        for (long end = Environment.TickCount64 + (long)time.TotalMilliseconds, told = 0; Environment.TickCount64 < end && !work.Join(Tick);)
        {
            if (Environment.TickCount64 - Volatile.Read(ref currentSince) > Hangs.TotalMilliseconds)
            {
                return Report(parser, new Finding(Volatile.Read(ref current), "does not come back"));
            }

            if (Environment.TickCount64 - told > 5000)
            {
                told = Environment.TickCount64;
                Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Volatile.Read(ref inputs)} inputs, {TimeSpan.FromMilliseconds(Math.Max(0, end - told)):hh\\:mm\\:ss} to go"));
            }
        }

        stop = true;
        if (!work.Join(Hangs))
        {
            return Report(parser, new Finding(Volatile.Read(ref current), "does not come back"));
        }

        if (finding is { } found)
        {
            return Report(parser, found);
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{inputs} inputs, nothing found"));
        return 0;
    }

    /// <summary>Gives one file to a parser.</summary>
    public static int Replay(FuzzParser parser, string file)
    {
        if (FuzzRun.Try(parser, File.ReadAllBytes(file)) is { } found)
        {
            Console.WriteLine(found.Problem);
            return Found;
        }

        Console.WriteLine("nothing found");
        return 0;
    }

    void Work()
    {
        // An input that kills the process, by an overflow of the stack say, is still in this file afterwards.
        using (SafeFileHandle handle = File.OpenHandle(running, FileMode.Create, FileAccess.Write))
        {
            for (var mutator = new Mutator(parser, seed); !stop && finding is null; Volatile.Write(ref inputs, inputs + 1))
            {
                byte[] input = mutator.Next();
                RandomAccess.SetLength(handle, input.Length);
                RandomAccess.Write(handle, input, 0);
                Volatile.Write(ref current, input);
                Volatile.Write(ref currentSince, Environment.TickCount64);
                finding = FuzzRun.Try(parser, input);
            }
        }

        File.Delete(running);
    }

    static int Report(FuzzParser parser, Finding found)
    {
        string file = $"fuzz-{parser.Name}-{Convert.ToHexStringLower(SHA256.HashData(found.Input))[..12]}.bin";
        File.WriteAllBytes(file, found.Input);
        Console.WriteLine($"FOUND: {found.Problem}\nThe input is in {file}; to try it again: ./fuzz {parser.Name} --input {file}");
        return Found;
    }
}
