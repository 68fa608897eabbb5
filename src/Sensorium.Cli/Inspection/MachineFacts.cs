using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using System.Text.Json;
using Sensorium.Cli.Console;
using Sensorium.Tensors.Cpu;

namespace Sensorium.Cli.Inspection;

/// <summary>What the machine has, and what Sensorium makes of it.</summary>
/// <param name="Processor">Its name.</param>
/// <param name="LogicalCores">What the process may use of it.</param>
/// <param name="Instructions">The instruction sets that matter here.</param>
/// <param name="Tiers">The kernel tiers that can run.</param>
/// <param name="Tier">The one that does.</param>
/// <param name="Products">For each type of products what computes them, and why not something faster.</param>
/// <param name="Threads">Threads that work.</param>
/// <param name="MemoryBytes">Memory that the process may have.</param>
/// <param name="FreeMemoryBytes">What is free of it; null where the system does not tell.</param>
sealed record MachineFacts(
    string Processor, int LogicalCores, IReadOnlyList<string> Instructions, IReadOnlyList<string> Tiers, string Tier,
    IReadOnlyList<(string Kind, string By)> Products, int Threads, long MemoryBytes, long? FreeMemoryBytes)
{
    static string Version => typeof(MachineFacts).Assembly.GetName().Version?.ToString(3) ?? "";

    static string Runtime => $"{RuntimeInformation.FrameworkDescription}, {RuntimeInformation.RuntimeIdentifier}";

    /// <summary>This machine's.</summary>
    public static MachineFacts Of(CpuDevice device) => new(
        ProcessorName(), Environment.ProcessorCount, [.. InstructionSets()], [.. KernelTiers.Available.Select(KernelTiers.Name)], device.Tier.Name(),
        KernelBook.Examine(device), device.Workers.Threads, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes, FreeMemory());

    /// <summary>Writes them for people, a line each.</summary>
    public void Write(TextWriter output)
    {
        IEnumerable<(string, string)> lines =
        [
            ("version", Version),
            ("runtime", Runtime),
            ("processor", string.Create(CultureInfo.InvariantCulture, $"{Processor}, {LogicalCores} logical cores")),
            ("instructions", string.Join(' ', Instructions)),
            ("tiers", string.Join(' ', Tiers)),
            ("tier", Tier),
            .. Products.Select(product => ($"{product.Kind} by", product.By)),
            ("threads", Threads.ToString(CultureInfo.InvariantCulture)),
            ("memory", Show.Bytes(MemoryBytes) + (FreeMemoryBytes is { } free ? $", {Show.Bytes(free)} free" : "")),
        ];
        foreach ((string name, string value) in lines)
        {
            output.WriteLine($"{name,-13} {value}");
        }
    }

    /// <summary>Writes them for programs, as properties of the object that is being written.</summary>
    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteString("version", Version);
        writer.WriteString("runtime", Runtime);
        writer.WriteString("processor", Processor);
        writer.WriteNumber("logical_cores", LogicalCores);
        WriteStrings(writer, "instructions", Instructions);
        WriteStrings(writer, "tiers", Tiers);
        writer.WriteString("tier", Tier);
        writer.WriteStartObject("products");
        foreach ((string kind, string by) in Products)
        {
            writer.WriteString(kind, by);
        }

        writer.WriteEndObject();
        writer.WriteNumber("threads", Threads);
        writer.WriteNumber("memory_bytes", MemoryBytes);
        if (FreeMemoryBytes is { } free)
        {
            writer.WriteNumber("memory_free_bytes", free);
        }
    }

    static void WriteStrings(Utf8JsonWriter writer, string name, IReadOnlyList<string> values)
    {
        writer.WriteStartArray(name);
        foreach (string value in values)
        {
            writer.WriteStringValue(value);
        }

        writer.WriteEndArray();
    }

    static string ProcessorName()
    {
        string? line = SystemLine("/proc/cpuinfo", "model name");
        string? name = line is null ? Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER") : line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
        return name ?? RuntimeInformation.ProcessArchitecture.ToString();
    }

    static long? FreeMemory()
    {
        const string key = "MemAvailable:";
        string? line = SystemLine("/proc/meminfo", key);
        return line is not null && long.TryParse(line[key.Length..].Replace("kB", "", StringComparison.Ordinal), NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out long kilobytes)
            ? kilobytes * 1024
            : null;
    }

    /// <summary>The first line of what Linux tells that begins with a key; null where it does not.</summary>
    static string? SystemLine(string file, string key)
    {
        try
        {
            return OperatingSystem.IsLinux() ? File.ReadLines(file).FirstOrDefault(line => line.StartsWith(key, StringComparison.Ordinal)) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    static IEnumerable<string> InstructionSets() =>
        new (string Name, bool Has)[]
        {
            ("SSE4.2", Sse42.IsSupported), ("AVX", Avx.IsSupported), ("AVX2", Avx2.IsSupported), ("FMA", Fma.IsSupported),
            ("AVX-VNNI", AvxVnni.IsSupported), ("AVX512F", Avx512F.IsSupported), ("AVX512BW", Avx512BW.IsSupported),
            ("AVX512DQ", Avx512DQ.IsSupported), ("AVX512VL", Avx512F.VL.IsSupported), ("AVX512VBMI", Avx512Vbmi.IsSupported),
            ("AVX512-VNNI", KernelBook.HasAvx512Vnni), ("AVX512-BF16", KernelBook.HasAvx512Bf16), ("AdvSimd", AdvSimd.IsSupported), ("Dp", Dp.IsSupported),
        }.Where(f => f.Has).Select(f => f.Name);
}
