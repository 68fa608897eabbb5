using System.Text.Json.Nodes;
using Sensorium.Models.Layers;
using Sensorium.Models.Loading;
using Sensorium.Models.Systems;
using Sensorium.Weights;

namespace Sensorium.Models.Conversion;

/// <summary>sentence-transformers' files beside an encoder: GGUF has a number for the pooling, and no more of them.</summary>
static class SentenceFiles
{
    const string PoolingFolder = "1_Pooling";

    /// <summary>GGUF's <c>pooling_type</c> of a folder; null where it says nothing, or what GGUF cannot say.</summary>
    /// <param name="files">The folder.</param>
    /// <param name="remarks">Receives what is not carried over.</param>
    /// <exception cref="CheckpointException">The files are broken.</exception>
    public static int? PoolingType(ModelFiles files, ICollection<string> remarks)
    {
        if (files.ReadSettingsList("modules.json") is not { } modules)
        {
            return null;
        }

        foreach (Config module in modules.Skip(1).Where(module => SentenceModules.Kind(module) is not ("Pooling" or "Normalize")))
        {
            remarks.Add($"modules.json: {SentenceModules.Kind(module)} is not carried over; the vectors are those before it");
        }

        if (!modules.Any(module => SentenceModules.Kind(module) == "Normalize"))
        {
            remarks.Add("modules.json: has no Normalize; vectors of a GGUF file are divided by their length");
        }

        Settings(files, "sentence_bert_config.json", ["max_seq_length", "do_lower_case"], remarks);
        Settings(files, "config_sentence_transformers.json", ["prompts", "default_prompt_name"], remarks);
        if (modules.FirstOrDefault(module => SentenceModules.Kind(module) == "Pooling") is not { } at)
        {
            return null;
        }

        PoolingKind[] kinds = SentenceModules.Kinds(SentenceModules.Beside(files.ReadSettings, at));
        int? type = kinds switch
        {
            [PoolingKind.Mean] => 1,
            [PoolingKind.First] => 2,
            [PoolingKind.Last] => 3,
            _ => null,
        };
        if (type is null)
        {
            remarks.Add($"{at.String("path")}: the pooling {string.Join(" and ", kinds)} is not carried over; GGUF has Mean, First and Last");
        }

        return type;
    }

    /// <summary>Writes the files that say of a GGUF file's vectors what sentence-transformers asks.</summary>
    /// <param name="folder">Where to.</param>
    /// <param name="config">The model's config: <c>pooling_type</c> and its size.</param>
    /// <param name="write">Writes a JSON file.</param>
    public static void Write(string folder, Config config, Action<string, JsonNode> write)
    {
        PoolingKind kind = SentenceModules.KindOf(config);
        write(Path.Combine(folder, "modules.json"), new JsonArray(Module(0, "", "Transformer"), Module(1, PoolingFolder, "Pooling"), Module(2, "2_Normalize", "Normalize")));
        Directory.CreateDirectory(Path.Combine(folder, PoolingFolder));
        var pooling = new JsonObject { ["word_embedding_dimension"] = config.Int("hidden_size") };
        foreach ((string key, PoolingKind mode) in SentenceModules.PoolingKeys)
        {
            pooling[key] = mode == kind;
        }

        write(Path.Combine(folder, PoolingFolder, "config.json"), pooling);
    }

    static JsonObject Module(int index, string path, string type) => new()
    {
        ["idx"] = index,
        ["name"] = $"{index}",
        ["path"] = path,
        ["type"] = $"sentence_transformers.models.{type}",
    };

    static void Settings(ModelFiles files, string name, string[] keys, ICollection<string> remarks)
    {
        string[] there = files.ReadSettings(name) is { } config ? [.. keys.Where(key => config.Has(key) && Says(config, key))] : [];
        if (there.Length > 0)
        {
            remarks.Add($"{name}: {string.Join(", ", there)} {(there.Length == 1 ? "is" : "are")} not carried over");
        }
    }

    static bool Says(Config config, string key) => config.Json.GetProperty(key) switch
    {
        { ValueKind: System.Text.Json.JsonValueKind.False } => false,
        { ValueKind: System.Text.Json.JsonValueKind.Object } section => section.EnumerateObject().Any(),
        _ => true,
    };
}
