using System.Globalization;
using Sensorium.Cli.Console;
using Sensorium.Models.Conversion;
using Sensorium.Tensors;
using Sensorium.Weights;

namespace Sensorium.Cli.Conversion;

/// <summary>Does a conversion, tells how far it is, and says what came of it.</summary>
static class ConversionRun
{
    /// <summary>Runs it.</summary>
    /// <param name="terminal">Results go to standard output, progress and remarks to standard error.</param>
    /// <param name="source">The checkpoint.</param>
    /// <param name="what">For the progress line: <c>quantising nano</c>.</param>
    /// <param name="convert">The conversion.</param>
    /// <param name="check">Whether both checkpoints are run and compared.</param>
    /// <param name="json">For programs.</param>
    /// <param name="cancellation">Stops the comparison.</param>
    public static void Run(Terminal terminal, string source, string what, Func<IProgress<LoadProgress>, ConversionResult> convert, bool check, bool json, CancellationToken cancellation)
    {
        ConversionResult result;
        using (var progress = new Progress(terminal, what))
        {
            result = convert(new LoadingProgress(progress));
        }

        LogitsDistance? distance = null;
        if (check)
        {
            using var progress = new Progress(terminal, "comparing logits");
            distance = LogitsDistance.Measure(source, result.Path, cancellation);
        }

        if (json)
        {
            JsonOutput.Write(terminal, writer => Write(writer, result, distance, check));
            return;
        }

        Write(terminal, result);
        if (check)
        {
            terminal.Out.WriteLine(distance is null
                ? "logits           not compared: this is no language model"
                : string.Create(CultureInfo.InvariantCulture, $"logits           rms {distance.Rms:0.00000}, largest {distance.Largest:0.00000} apart (they spread by {distance.Spread:0.000}); the same best token at {distance.SameBest} of {distance.Tokens}"));
        }

        foreach (string remark in result.Remarks)
        {
            terminal.Error.WriteLine("note: " + remark);
        }
    }

    static void Write(Terminal terminal, ConversionResult result)
    {
        terminal.Out.WriteLine($"written          {result.Path}");
        terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"size             {Show.Bytes(result.Bytes)} (from {Show.Bytes(result.BytesBefore)}), {result.BitsPerWeight:0.00} bits a weight"));
        terminal.Out.WriteLine($"tensors          {Show.Count(result.Tensors.Count)}");
        foreach (IGrouping<DType, PlannedTensor> type in ByType(result))
        {
            terminal.Out.WriteLine($"                 {type.Key,-8} {Show.Count(type.Count()),6}  {Show.Bytes(type.Sum(tensor => tensor.ByteLength))}");
        }
    }

    static IEnumerable<IGrouping<DType, PlannedTensor>> ByType(ConversionResult result) =>
        result.Tensors.GroupBy(tensor => tensor.Type).OrderByDescending(type => type.Sum(tensor => tensor.ByteLength));

    static void Write(System.Text.Json.Utf8JsonWriter writer, ConversionResult result, LogitsDistance? distance, bool check)
    {
        writer.WriteStartObject();
        writer.WriteString("path", result.Path);
        writer.WriteNumber("bytes", result.Bytes);
        writer.WriteNumber("bytes_before", result.BytesBefore);
        writer.WriteNumber("bits_per_weight", result.BitsPerWeight);
        writer.WriteStartObject("types");
        foreach (IGrouping<DType, PlannedTensor> type in ByType(result))
        {
            writer.WriteNumber(type.Key.ToString(), type.Count());
        }

        writer.WriteEndObject();
        if (check && distance is not null)
        {
            writer.WriteStartObject("logits");
            writer.WriteNumber("tokens", distance.Tokens);
            writer.WriteNumber("rms", distance.Rms);
            writer.WriteNumber("largest", distance.Largest);
            writer.WriteNumber("same_best", distance.SameBest);
            writer.WriteNumber("spread", distance.Spread);
            writer.WriteEndObject();
        }

        writer.WriteStartArray("not_carried_over");
        foreach (string remark in result.Remarks)
        {
            writer.WriteStringValue(remark);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}
