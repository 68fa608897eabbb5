using System.IO.Compression;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Sensorium.EndToEnd;

/// <summary>The packages as a .NET developer gets them, doing what README shows: the same photo, question and answer.</summary>
public sealed partial class PackageTests(Packages packages) : IClassFixture<Packages>
{
    static readonly string Readme = Checkout.IsInner ? "" : File.ReadAllText(Path.Combine(Checkout.Repository, "README.md")).ReplaceLineEndings("\n");

    [CheckoutFact]
    public void Readmes_eight_lines_of_csharp_ask_about_a_picture_with_the_packages_alone()
    {
        (string photo, string _, string answer) = Shown();
        string code = Code().Match(Readme).Groups["text"].Value;
        code.Trim().Split('\n').Length.ShouldBe(8);
        string app = Directory.CreateDirectory(packages.Folder("app")).FullName;
        File.WriteAllText(Path.Combine(app, "Program.cs"), code);
        File.WriteAllText(Path.Combine(app, "app.csproj"), $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <Nullable>enable</Nullable>
                <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
                <NuGetAudit>false</NuGetAudit>
              </PropertyGroup>
              <ItemGroup>
                <PackageReference Include="Sensorium.Inference" Version="{Version("Sensorium.Inference")}" />
                <PackageReference Include="Sensorium.DefaultModel" Version="{Version("Sensorium.DefaultModel")}" />
              </ItemGroup>
            </Project>
            """);
        File.Copy(Path.Combine(Checkout.Repository, photo), Path.Combine(app, "photo.jpg"));
        string output = packages.Folder("output");
        Said built = packages.Dotnet(app, "build", "-c", "Release", "-o", output, "-v", "quiet", "-nologo");
        built.Code.ShouldBe(0, built.Out + built.Error);
        File.Exists(Path.Combine(output, "models", "nano", "config.json")).ShouldBeTrue();
        Said said = packages.Dotnet(app, Path.Combine(output, "app.dll"));
        said.Code.ShouldBe(0, said.Error);
        said.Out.Trim().ShouldBe(answer);
    }

    [CheckoutFact]
    public void The_tool_is_installed_and_answers_with_the_model_that_it_carries()
    {
        (string photo, string question, string answer) = Shown();
        string tools = packages.Folder("tools");
        Said installed = packages.Dotnet(Checkout.Repository, "tool", "install", "Sensorium.Cli", "--version", Version("Sensorium.Cli"), "--tool-path", tools, "--configfile", packages.Configuration);
        installed.Code.ShouldBe(0, installed.Out + installed.Error);

        // The tool's starter looks for the runtime in the system's folder; the one that runs this test may stand elsewhere.
        Said said = Checkout.Run(
            tools, Path.Combine(tools, "sensorium"), ["ask", Path.Combine(Checkout.Repository, photo), question],
            ("SENSORIUM_MODELS", null), ("DOTNET_ROOT", Path.GetDirectoryName(Environment.ProcessPath)));
        said.Code.ShouldBe(0, said.Error);
        said.Out.Trim().ShouldBe(answer);
    }

    [CheckoutFact]
    public void Every_package_has_its_licence_readme_and_symbols_and_names_no_machine()
    {
        string[] ids = [.. Directory.EnumerateFiles(packages.Feed, "*.nupkg").Select(Id).Order(StringComparer.Ordinal)];
        ids.ShouldBe(["Sensorium.Cli", "Sensorium.DefaultModel", "Sensorium.Inference", "Sensorium.Media", "Sensorium.Models", "Sensorium.Tensors", "Sensorium.Text", "Sensorium.Weights"]);
        foreach (string id in ids)
        {
            string file = PathOf(id);
            using ZipArchive package = ZipFile.OpenRead(file);
            XElement about = Metadata(package);
            Text(about, "license").ShouldBe("Apache-2.0", id);
            Text(about, "description").ShouldNotBeNullOrWhiteSpace(id);
            package.GetEntry(Text(about, "readme")).ShouldNotBeNull(id);
            bool hasCode = id != "Sensorium.DefaultModel";
            File.Exists(Path.ChangeExtension(file, ".snupkg")).ShouldBe(hasCode, $"symbols of {id}");
            bool hasModel = id is "Sensorium.DefaultModel" or "Sensorium.Cli";
            package.Entries.Any(e => e.FullName.EndsWith("models/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf", StringComparison.Ordinal)).ShouldBe(hasModel, $"model in {id}");
            foreach (ZipArchiveEntry own in package.Entries.Where(e => e.Name.StartsWith("Sensorium", StringComparison.OrdinalIgnoreCase) && e.Name.EndsWith(".dll", StringComparison.Ordinal)))
            {
                using var bytes = new MemoryStream();
                using Stream content = own.Open();
                content.CopyTo(bytes);
                bytes.ToArray().AsSpan().IndexOf(System.Text.Encoding.UTF8.GetBytes(Checkout.Repository)).ShouldBe(-1, $"{own.FullName} of {id} names a folder of this machine");
            }
        }
    }

    string PathOf(string id) => Directory.EnumerateFiles(packages.Feed, $"{id}.*.nupkg").Single();

    string Version(string id)
    {
        using ZipArchive package = ZipFile.OpenRead(PathOf(id));
        return Text(Metadata(package), "version");
    }

    static string Id(string file)
    {
        using ZipArchive package = ZipFile.OpenRead(file);
        return Text(Metadata(package), "id");
    }

    static XElement Metadata(ZipArchive package)
    {
        using Stream nuspec = package.Entries.Single(e => e.FullName.EndsWith(".nuspec", StringComparison.Ordinal)).Open();
        return XDocument.Load(nuspec).Root!.Elements().Single(e => e.Name.LocalName == "metadata");
    }

    static string Text(XElement metadata, string name) => metadata.Elements().Single(e => e.Name.LocalName == name).Value;

    /// <summary>README's first command, which asks about a photo, and the answer that it shows.</summary>
    static (string Photo, string Question, string Answer) Shown()
    {
        Match shown = Asked().Match(Readme);
        shown.Success.ShouldBeTrue("README shows './sensorium ask PHOTO \"question\"' and the answer below it");
        return (shown.Groups["photo"].Value, shown.Groups["question"].Value, shown.Groups["answer"].Value);
    }

    [GeneratedRegex(@"```csharp\n(?<text>.*?)```", RegexOptions.Singleline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Code();

    [GeneratedRegex("""\$ \./sensorium ask (?<photo>\S+) "(?<question>[^"]+)"\n(?<answer>[^\n]+)\n""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Asked();
}
