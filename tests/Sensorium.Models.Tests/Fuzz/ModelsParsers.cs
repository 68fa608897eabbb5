using System.Text;
using Sensorium.Fuzzing;
using Sensorium.Media;
using Sensorium.Models.Loading;
using Sensorium.Weights;

namespace Sensorium.Models.Tests.Fuzz;

/// <summary>What makes models of foreign settings, as <c>./fuzz</c> knows it.</summary>
public static class ModelsParsers
{
    static readonly byte[][] Json = [.. "0123456789[]{}\",:-"u8.ToArray().Select(b => (byte[])[b]), "null"u8.ToArray(), "2147483647"u8.ToArray(), "1e999"u8.ToArray(), "[[[[[[[["u8.ToArray()];

    /// <summary>A vision tower and projector in a GGUF file: metadata and tensors that contradict each other.</summary>
    public static FuzzParser Mmproj { get; } = new("mmproj", MmprojFile, () => [Seed()])
    {
        Pieces = [.. ((string[])["clip.vision.", "block_count", "image_size", "patch_size", "feature_layer", "v.blk.", "mm.", "mlp", "ldp"]).Select(Encoding.UTF8.GetBytes)],
    };

    /// <summary>The configs of vision transformers, contrastive models and LLaVA.</summary>
    public static FuzzParser VisionConfigs { get; } = new(
        "vision-config", ConfigFile, () => [.. ((string[])["vit", "clip", "clip-vision-projection", "siglip", "llava"]).Select(name => File.ReadAllBytes(Path.Combine(TestCheckpoints.Bundle(name), "model", "config.json")))])
    {
        Pieces = Json,
    };

    public static IReadOnlyList<FuzzParser> All { get; } = [Mmproj, VisionConfigs];

    static void MmprojFile(ReadOnlySpan<byte> data)
    {
        string path = Path.Combine(Path.GetTempPath(), $"sensorium-fuzz-{Environment.ProcessId}-{Environment.CurrentManagedThreadId}.gguf");
        try
        {
            File.WriteAllBytes(path, data);
            ModelLoader.Declare(path);
        }
        catch (CheckpointException)
        {
        }
        finally
        {
            File.Delete(path);
        }
    }

    static void ConfigFile(ReadOnlySpan<byte> data)
    {
        try
        {
            Config json = Config.Parse("config.json", data.ToArray());
            Family family = Catalog.Find(json);

            // Other families' own limits are their tests' matter.
            if (family.Type is "vit" or "clip" or "siglip" or "llava" or "clip_vision_model")
            {
                family.Build(Checkpoint.Shapes(), json, TestCheckpoints.NoFiles);
            }
        }
        catch (Exception e) when (e is CheckpointException or MediaException)
        {
        }
    }

    static byte[] Seed()
    {
        using var checkpoints = new TestCheckpoints();
        return File.ReadAllBytes(new TestMmproj().Write(checkpoints.PlaceFor("seed.gguf")));
    }
}
