using System.Text.Json;
using Sensorium.Models.Systems;
using Sensorium.Text.Templates;
using Sensorium.Text.Tokenizers;
using Sensorium.Weights;

namespace Sensorium.Models.Loading;

/// <summary>
/// A checkpoint on disk, opened but not loaded: a folder in the hub's layout, or a GGUF file. Config, tokenizer and
/// template are read when asked for.
/// </summary>
public sealed class ModelFiles : IDisposable
{
    const long LargestJson = 256L << 20;

    ModelFiles(string path, TensorSource source, Config config, Family family, NameTable names)
    {
        Path = path;
        Source = source;
        Config = config;
        Family = family;
        Names = names;
    }

    /// <summary>The folder or the GGUF file.</summary>
    public string Path { get; }

    /// <summary>The folder.</summary>
    public string Folder => Directory.Exists(Path) ? Path : System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(Path))!;

    /// <summary>The tensors.</summary>
    public TensorSource Source { get; }

    /// <summary>config.json, or what it would be.</summary>
    public Config Config { get; }

    /// <summary>What kind of checkpoint it is.</summary>
    public Family Family { get; }

    /// <summary>How the tensors are spelt.</summary>
    public NameTable Names { get; }

    /// <summary>A short name: the folder's or file's.</summary>
    public string Name => System.IO.Path.GetFileNameWithoutExtension(Path.TrimEnd('/', '\\')) is { Length: > 0 } name ? name : Path;

    /// <summary>Opens a checkpoint without loading weights.</summary>
    /// <exception cref="CheckpointException">It is not there, broken, or of a family that is not supported.</exception>
    public static ModelFiles Open(string path)
    {
        if (!Directory.Exists(path) && !File.Exists(path))
        {
            throw new CheckpointException(path, "is not there; check the path");
        }

        string configFile = System.IO.Path.Combine(path, "config.json");
        if (Directory.Exists(path) && File.Exists(configFile))
        {
            Config config = ReadConfig(configFile);
            Family family = Catalog.Find(config);
            return new ModelFiles(path, TensorSource.Open(path), config, family, family.HubNames ?? NameTable.Identity);
        }

        TensorSource source = TensorSource.Open(path);
        if (source.Gguf is not { } metadata)
        {
            source.Dispose();
            throw new CheckpointException(path, "has tensors but no config.json beside them; name the folder that holds both");
        }

        try
        {
            Family family = Catalog.Find(metadata);
            Config config = family.Gguf!.ReadConfig(metadata, source, family.Type);
            return new ModelFiles(path, source, config, family, family.Gguf.Names(config));
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    /// <summary>Reads a JSON file of settings.</summary>
    /// <exception cref="CheckpointException">It is too large or not JSON.</exception>
    public static Config ReadConfig(string file) => Config.Parse(file, ReadFile(file));

    /// <summary>A JSON file of settings in the checkpoint's folder; null where there is none, and for a GGUF file, which has all within.</summary>
    /// <exception cref="CheckpointException">It is too large or not JSON.</exception>
    public Config? ReadSettings(string name) => Source.Gguf is null && File.Exists(Beside(name)) ? ReadConfig(Beside(name)) : null;

    /// <summary>The same for a file that holds an array of objects.</summary>
    /// <exception cref="CheckpointException">It is too large, not JSON, or no such array.</exception>
    public IReadOnlyList<Config>? ReadSettingsList(string name) =>
        Source.Gguf is null && File.Exists(Beside(name)) ? Config.ParseList(Beside(name), ReadFile(Beside(name))) : null;

    /// <summary>The tokenizer; null where the files have none.</summary>
    /// <exception cref="TokenizerException">It is broken.</exception>
    public Tokenizer? ReadTokenizer() => Source.Gguf is { } metadata ? GgufTokenizer.Read(metadata) : TokenizerFiles.ReadFolder(Folder);

    /// <summary>The most tokens that tokenizer_config.json allows a text; null where it says nothing, or as much as nothing.</summary>
    public int? TokenizerMaxLength =>
        ReadSettings("tokenizer_config.json") is { } config && config.Has("model_max_length") && config.Double("model_max_length") is >= 1 and <= int.MaxValue and var most ? (int)most : null;

    /// <summary>The chat template; null where the files have none.</summary>
    /// <exception cref="TemplateException">It is broken.</exception>
    public ChatTemplate? ReadTemplate()
    {
        if (Source.Gguf is { } metadata)
        {
            return metadata.String("tokenizer.chat_template") is { } text ? ChatTemplate.Parse(text, $"{Path}: tokenizer.chat_template") : null;
        }

        string file = Beside("chat_template.jinja");
        if (File.Exists(file))
        {
            return ChatTemplate.Parse(System.Text.Encoding.UTF8.GetString(ReadFile(file)), file);
        }

        // Older processors kept it in a file of its own, models of text in the tokenizer's.
        foreach (string name in (string[])["chat_template.json", "tokenizer_config.json", "processor_config.json"])
        {
            if (ReadSettings(name) is { } config && config.Has("chat_template"))
            {
                return ChatTemplate.Parse(TemplateIn(config), config.Source);
            }
        }

        return null;
    }

    /// <summary>The settings for answers.</summary>
    public GenerationConfig ReadGeneration(Tokenizer? tokenizer)
    {
        string file = Beside("generation_config.json");
        GenerationConfig generation = Source.Gguf is null && File.Exists(file)
            ? GenerationConfig.Read(ReadConfig(file))
            : new GenerationConfig { EosTokenIds = Config.Has("eos_token_id") ? Config.Ints("eos_token_id") : [] };
        return generation.EosTokenIds.Count == 0 && tokenizer is not null
            ? generation with { EosTokenIds = [.. tokenizer.Special.EndOfGeneration.Order()] }
            : generation;
    }

    /// <summary>Lets the files go; the weights must have been loaded.</summary>
    public void Dispose() => Source.Dispose();

    // With several templates, "default" is the one for chat.
    static string TemplateIn(Config config)
    {
        if (config.Json.GetProperty("chat_template").ValueKind == JsonValueKind.String)
        {
            return config.String("chat_template");
        }

        Config[] templates = config.Sections("chat_template");
        return (templates.FirstOrDefault(t => t.String("name") == "default") ?? throw config.Bad("chat_template", "has no template named 'default'")).String("template");
    }

    string Beside(string name) => System.IO.Path.Combine(Folder, name);

    static byte[] ReadFile(string file)
    {
        long length = new FileInfo(file).Length;
        return length <= LargestJson ? File.ReadAllBytes(file) : throw new CheckpointException(file, $"has {length} bytes; such a file has {LargestJson} at most");
    }
}
